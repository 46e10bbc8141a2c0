"""The map of the crowd: a grey dot per prompt, a blue one per question, names where a topic is densest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from benchbuilder.report.charts import Box, place, width_of
from benchbuilder.report.wording import excerpt
from benchbuilder.text import escape_for_message

MAX_GREY = 10_000
GRID = 2000  # dots stand on a grid this fine: half a pixel on a wide screen
MARGIN = 0.05
WIDTH_LABEL = 34
_CELLS = 24  # of the density grid, over the width of the map
_LETTER_PX, _LINE_PX = 8.2, 18  # of the widest system fonts


class Kept(NamedTuple):
    """A question."""

    x: str
    y: str
    title: str


class Label(NamedTuple):
    """A topic's name, at its densest point."""

    x: str
    y: str
    text: str
    anchor: str


class Sheet(NamedTuple):
    """A size at which labels must not collide, in pixels, and how many of them there may be."""

    width: float
    height: float
    max_labels: int


WIDE = Sheet(1150, 620, 40)
NARROW = Sheet(356, 400, 9)


@dataclass(frozen=True, slots=True)
class CrowdMap:
    """Places in percent; `grey` is an SVG path of dots on a grid of GRID by GRID."""

    grey: str
    kept: tuple[Kept, ...]
    wide: tuple[Label, ...]
    narrow: tuple[Label, ...]
    count_grey: int
    count_sampled: int


def plan_map(topic_map: pl.DataFrame, topics: pl.DataFrame) -> CrowdMap | None:
    """The map; None where no prompt has a place.

    Above MAX_GREY grey dots those with the lowest prompt_id are drawn (ids are hashes, so this is a sample that stays).
    """
    placed = _scaled(topic_map)
    if placed.is_empty():
        return None
    grey, kept = placed.filter(~pl.col("is_question")), placed.filter("is_question")
    drawn = grey.sort("prompt_id").head(MAX_GREY)
    spots = _densest(placed, topics)
    return CrowdMap(
        grey="".join(f"M{x} {y}h0" for x, y in drawn.select(_on_grid("left"), _on_grid("top")).iter_rows()),
        kept=tuple(
            Kept(place(left), place(top), excerpt(text))
            for left, top, text in kept.select("left", "top", "excerpt").iter_rows()
        ),
        wide=_without_collisions(spots, WIDE),
        narrow=_without_collisions(spots, NARROW),
        count_grey=grey.height,
        count_sampled=drawn.height,
    )


def _on_grid(column: str) -> pl.Expr:
    return (pl.col(column) * GRID).round().cast(pl.Int64)


def _scaled(topic_map: pl.DataFrame) -> pl.DataFrame:
    """Columns left and top from 0 to 1, top down as screens count; a crowd on one spot stands in the middle."""
    finite = topic_map.filter(pl.col("x").is_finite() & pl.col("y").is_finite())
    return finite.with_columns(left=_within("x"), top=1 - _within("y")).sort("prompt_id")


def _within(column: str) -> pl.Expr:
    low, high = pl.col(column).min(), pl.col(column).max()
    inner = pl.when(high > low).then((pl.col(column) - low) / (high - low)).otherwise(0.5)
    return MARGIN + (1 - 2 * MARGIN) * inner


def _densest(placed: pl.DataFrame, topics: pl.DataFrame) -> list[tuple[str, float, float]]:
    """Name and densest point of each topic, largest topic first: the mean of its fullest cell."""
    cells = (
        placed.filter(~pl.col("is_outlier"))
        .with_columns(column=(pl.col("left") * _CELLS).floor(), row=(pl.col("top") * _CELLS).floor())
        .group_by("topic_id", "column", "row")
        .agg(pl.len().alias("count"), pl.col("left").mean(), pl.col("top").mean())
        .sort("topic_id", "count", "column", "row", descending=[False, True, False, False])
        .unique("topic_id", keep="first", maintain_order=True)
    )
    named = topics.select("topic_id", "topic_name").join(cells, on="topic_id", how="inner", maintain_order="left")
    return [
        (escape_for_message(name or "", WIDTH_LABEL), left, top)
        for name, left, top in named.select("topic_name", "left", "top").iter_rows()
    ]


def _without_collisions(spots: Sequence[tuple[str, float, float]], sheet: Sheet) -> tuple[Label, ...]:
    """As many names as find room, largest topics first."""
    labels: list[Label] = []
    boxes: list[Box] = []
    for text, left, top in spots:
        box, anchor = _box(text, left * sheet.width, top * sheet.height, sheet)
        if not text or box.left < 0 or box.right > sheet.width or box.meets(boxes):
            continue
        boxes.append(box)
        labels.append(Label(place(left), place(top), text, anchor))
        if len(labels) == sheet.max_labels:
            break
    return tuple(labels)


def _box(text: str, x: float, y: float, sheet: Sheet) -> tuple[Box, str]:
    """What a label covers; one near an edge grows away from it."""
    width = width_of(text, _LETTER_PX)
    anchor, left = "middle", x - width / 2
    if left < 0:
        anchor, left = "start", x
    elif left + width > sheet.width:
        anchor, left = "end", x - width
    return Box(left, y - _LINE_PX / 2, left + width, y + _LINE_PX / 2), anchor
