"""No ratio is far off."""

import pytest

from tests.benchmarks import quick


@pytest.mark.alone
def test_no_ratio_is_far_off():
    lines, missed = quick.main()
    assert not missed, "\n".join(lines)
