"""The map of the crowd."""

from collections.abc import Callable

import polars as pl
import pytest

from benchbuilder.report.charts import Box, width_of
from benchbuilder.report.crowd_map import GRID, MAX_GREY, NARROW, WIDE, CrowdMap, Label, Sheet, plan_map

Make = Callable[..., pl.DataFrame]


def planned(topic_map: pl.DataFrame, topics: pl.DataFrame) -> CrowdMap:
    """A map that must exist."""
    crowd = plan_map(topic_map, topics)
    assert crowd is not None
    return crowd


def test_no_places_no_map(make_map: Make, make_topics: Make) -> None:
    """Without prompts, or with coordinates that are no numbers, there is nothing to draw."""
    nowhere = [("p1", "t1", False, float("nan"), 1.0, False, None), ("p2", "t1", False, 1.0, float("inf"), True, "x")]
    assert plan_map(make_map([]), make_topics([])) is None
    assert plan_map(make_map(nowhere), make_topics([("t1", "Topic", 2, 1)])) is None


def test_a_crowd_on_one_spot_stands_in_the_middle(make_map: Make, make_topics: Make) -> None:
    """No division by a width of zero."""
    crowd = planned(make_map([("p1", "t1", False, 3.0, 3.0, True, "a")]), make_topics([("t1", "Topic", 1, 1)]))
    assert (crowd.kept[0].x, crowd.kept[0].y) == ("50.000%", "50.000%")
    assert [label.text for label in crowd.wide] == ["Topic"]


def test_up_is_up(make_map: Make, make_topics: Make) -> None:
    """A larger y stands higher on the page, where numbers grow downwards."""
    rows = [("p1", "t1", False, 0.0, 0.0, True, "low"), ("p2", "t1", False, 1.0, 1.0, True, "high")]
    low, high = planned(make_map(rows), make_topics([("t1", "Topic", 2, 2)])).kept
    assert float(high.y.removesuffix("%")) < float(low.y.removesuffix("%"))


def test_grey_dots_are_a_path_on_the_grid(make_map: Make, make_topics: Make) -> None:
    """One dot of no length per prompt that was not kept, inside the drawing."""
    rows = [(f"p{n}", "t1", False, float(n), float(n), n == 0, None) for n in range(5)]
    crowd = planned(make_map(rows), make_topics([("t1", "Topic", 5, 1)]))
    dots = [dot.removesuffix("h0").split() for dot in crowd.grey.removeprefix("M").split("M")]
    assert len(dots) == crowd.count_grey == 4
    assert all(0 <= int(part) <= GRID for dot in dots for part in dot)


def test_a_large_crowd_is_sampled_and_says_so(make_map: Make, make_topics: Make) -> None:
    """Above 10,000 grey dots the lowest ids are drawn; every question stays."""
    rows = [(f"p{n:05d}", "t1", False, float(n % 100), float(n % 77), n % 1000 == 0, "q") for n in range(12_000)]
    crowd = planned(make_map(rows), make_topics([("t1", "Topic", 12_000, 12)]))
    assert (crowd.count_grey, crowd.count_sampled, len(crowd.kept)) == (11_988, MAX_GREY, 12)
    assert crowd.grey.count("M") == MAX_GREY
    reordered = planned(make_map(rows[::-1]), make_topics([("t1", "Topic", 12_000, 12)]))
    assert crowd == reordered


def test_a_label_stands_where_its_topic_is_densest(make_map: Make, make_topics: Make) -> None:
    """Neither a lone prompt far off nor an outlier draws the name away."""
    rows = [(f"p{n}", "t1", False, n / 100, n / 100, False, None) for n in range(10)]
    rows += [("p97", "t1", False, 10.0, 0.0, False, None)]
    rows += [(f"p9{n}", "t1", True, 10.0, 10.0, False, None) for n in range(20, 60)]
    (label,) = planned(make_map(rows), make_topics([("t1", "Topic", 11, 0)])).wide
    assert float(label.x.removesuffix("%")) < 10
    assert float(label.y.removesuffix("%")) > 90


@pytest.mark.parametrize("sheet", [WIDE, NARROW])
def test_labels_neither_collide_nor_leave_the_map(sheet: Sheet, make_map: Make, make_topics: Make) -> None:
    """Whatever does not fit is left out, the largest topics first in line; the table below names all."""
    rows = [(f"p{n}", f"t{n:02d}", False, float(n * 7 % 60), float(n * 11 % 60), False, None) for n in range(60)]
    topics = make_topics([(f"t{n:02d}", f"A topic called {n} 物理", 60 - n, 0) for n in range(60)])
    crowd = planned(make_map(rows), topics)
    labels = crowd.wide if sheet is WIDE else crowd.narrow
    assert 1 < len(labels) <= sheet.max_labels
    assert labels[0].text.startswith("A topic called 0")
    boxes = [box_of(label, sheet) for label in labels]
    assert all(not box.meets(boxes[:place]) for place, box in enumerate(boxes))
    assert all(box.left >= 0 and box.right <= sheet.width for box in boxes)


def box_of(label: Label, sheet: Sheet) -> Box:
    """What a label covers at 6 pixels a letter, so less than what it was given."""
    x, y = (float(part.removesuffix("%")) / 100 for part in (label.x, label.y))
    width = width_of(label.text, 6)
    left = x * sheet.width - {"start": 0, "middle": width / 2, "end": width}[label.anchor]
    return Box(left, y * sheet.height - 8, left + width, y * sheet.height + 8)
