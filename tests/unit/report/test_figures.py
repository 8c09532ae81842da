import pytest

from orchbench.report.figures import share


@pytest.mark.parametrize(
    ("left", "shown"), [(0.99533, "99.5%"), (0.99999, "over 99.9%"), (1.0, "100.0%"), (0.5, "50.0%")]
)
def test_a_share_is_not_rounded_to_all_of_it(left: float, shown: str) -> None:
    assert share(left, "measured", "counted", "a file").shown == shown
