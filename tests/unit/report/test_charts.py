"""Where things stand in a drawing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.report.charts import MAX_TICKS, Box, bar, fit_axis, width_of


@given(st.lists(st.floats(0, 1)))
def test_the_axis_shows_everything(shares: list[float]) -> None:
    """Every share and the baseline stand on it, on at most eight round lines from one end to the other."""
    axis = fit_axis(shares)
    places = [float(axis.at(share).removesuffix("%")) for share in [*shares, 0.5]]
    assert min(places) >= 0
    assert max(places) <= 100
    assert 2 <= len(axis.ticks) <= MAX_TICKS
    assert (axis.ticks[0].at, axis.ticks[-1].at) == ("0.000%", "100.000%")


@pytest.mark.parametrize(
    ("shares", "labels"),
    [
        ([], ["48", "50", "52"]),
        ([0.41, 0.788], ["40", "50", "60", "70", "80"]),
        ([0.097, 0.666], ["0", "10", "20", "30", "40", "50", "60", "70"]),
        ([0.0, 1.0], ["0", "20", "40", "60", "80", "100"]),
    ],
)
def test_ticks_are_round(shares: list[float], labels: list[str]) -> None:
    """The narrowest axis on steps of 2, 5, 10, 20 or 50 points that keeps to eight lines."""
    assert [tick.label for tick in fit_axis(shares).ticks] == labels


def test_missing_shares_do_not_count() -> None:
    """A model without a number does not stretch the axis."""
    assert fit_axis([None, float("nan"), 0.6]) == fit_axis([0.6])


def test_a_bar_shows_its_part_on_the_scale_of_the_longest() -> None:
    """25 of 50, drawn where 100 fills the width; nothing at all where nothing is to be drawn."""
    assert bar(25, 50, 100) == ("50.000%", "25.000%")
    assert bar(0, 0, 0) == ("0.000%", "0.000%")


def test_boxes_that_touch_do_not_meet() -> None:
    """A shared edge is no collision, a shared pixel is."""
    box = Box(0, 0, 10, 10)
    assert not box.meets([Box(10, 0, 20, 10), Box(0, 10, 10, 20)])
    assert box.meets([Box(9, 9, 20, 20)])


def test_east_asian_letters_count_double() -> None:
    """Labels in Chinese or Japanese need twice the room."""
    assert width_of("ab物", 5) == 20
