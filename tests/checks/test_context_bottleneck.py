"""What the catalogue of answers doesn't say about lesson 04's checks: points for a part, and silence."""

import inspect

import pytest

from attnlib.checks import NotYet, context_bottleneck

SKILLS = {"reverse_source_row": "reverse_source"}  # the check of one skill, and the exercise that it belongs to
CHECKS = [name for name, found in inspect.getmembers(context_bottleneck)
          if getattr(found, "is_check", False) and found.__module__ == context_bottleneck.__name__]


def test_a_row_without_padding_has_its_own_point():
    context_bottleneck.reverse_source_row(lambda ids, mask: ids.flip(1))
    with pytest.raises(NotYet):
        context_bottleneck.reverse_source(lambda ids, mask: ids.flip(1))
