"""What the catalogue of answers doesn't say about lesson 04's checks: points for a part."""


import pytest

from attnlib.checks import NotYet, context_bottleneck


def test_a_row_without_padding_has_its_own_point():
    context_bottleneck.reverse_source_row(lambda ids, mask: ids.flip(1))
    with pytest.raises(NotYet):
        context_bottleneck.reverse_source(lambda ids, mask: ids.flip(1))
