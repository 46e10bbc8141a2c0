"""Hand-made frames for the pages: a small crowd, a small board, and knobs for the rest."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from benchbuilder.prompts import load_template
from benchbuilder.report import ReportFrames, ReportOptions

AS_OF = datetime(2026, 3, 1, 4, tzinfo=UTC)
BASELINE = "the-baseline"
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onclick='alert(1)",
    "</title></svg></textarea><iframe srcdoc=x>",
    "a\u202egnp.exe\u2066",
    "{{ 7 * 7 }}{% include '/etc/passwd' %}",
    "![x](http://example.invalid/x.png) [y](javascript:alert(1))",
    "=cmd|' /C calc'!A0",
    "w" * 100_000,
    "\x07\x1b[31m\x00",
)


def board_row(model: str, win_rate: float | None, ranks: tuple[int, int] | None, **others: Any) -> dict[str, Any]:
    """One row of mart `board`; the interval is ± 4 points unless told otherwise."""
    rate = 0.5 if win_rate is None else win_rate
    row = {
        "benchmark_id": "b" * 32,
        "leaderboard_id": "l" * 32,
        "as_of": AS_OF,
        "baseline": BASELINE,
        "rank_low": ranks and ranks[0],
        "rank_high": ranks and ranks[1],
        "model": model,
        "win_rate": win_rate,
        "lower": max(rate - 0.04, 0.0),
        "upper": min(rate + 0.04, 1.0),
        "rating": 0.1,
        "is_ranked": ranks is not None,
        "reason": None,
        "count_planned": 1000,
        "count_judgments": 998,
        "share_readable": 0.998,
        "count_questions": 500,
    }
    return row | others


def board_of(*rows: dict[str, Any]) -> pl.DataFrame:
    """A board; without rows an empty one with the same columns."""
    schema_overrides = {"rank_low": pl.Int64, "rank_high": pl.Int64, "reason": pl.String, "win_rate": pl.Float64}
    if rows:
        return pl.DataFrame(list(rows), schema_overrides=schema_overrides, infer_schema_length=None)
    return pl.DataFrame([board_row("x", 0.5, (1, 1))], schema_overrides=schema_overrides).clear()


def baseline_row(ranks: tuple[int, int]) -> dict[str, Any]:
    """The baseline: half by definition, no width."""
    return board_row(BASELINE, 0.5, ranks, lower=0.5, upper=0.5)


def small_board() -> pl.DataFrame:
    """Two that share the lead, the baseline, one below, one that is not ranked."""
    return board_of(
        board_row("alpha", 0.7, (1, 2)),
        board_row("beta", 0.66, (1, 2)),
        baseline_row((3, 3)),
        board_row("gamma", 0.3, (4, 4)),
        board_row("mute", 0.177, None, reason="not ranked: 4 % read", count_judgments=42, share_readable=0.042),
    )


def map_of(rows: list[tuple[str, str, bool, float, float, bool, str | None]]) -> pl.DataFrame:
    """Mart `topic_map` with excerpts; the topic's name is its id in words."""
    columns = ("prompt_id", "topic_id", "is_outlier", "x", "y", "is_question", "excerpt")
    types = (pl.String, pl.String, pl.Boolean, pl.Float64, pl.Float64, pl.Boolean, pl.String)
    frame = pl.DataFrame(rows, schema=dict(zip(columns, types, strict=True)), orient="row")
    return frame.with_columns(topic_name=pl.col("topic_id"))


def topics_of(rows: list[tuple[str, str, int, int]]) -> pl.DataFrame:
    """Mart `topic_overview` from id, name, prompts and questions."""
    frame = pl.DataFrame(rows, schema=["topic_id", "topic_name", "count_prompts", "count_questions"], orient="row")
    return frame.with_columns(keywords=pl.Series([["word", "other"]] * frame.height, dtype=pl.List(pl.String)))


def quality_of(people: str) -> pl.DataFrame:
    """Mart `quality` of the board, compared with somebody or with nobody."""
    return pl.DataFrame({"people": [people], "separability": [0.842], "agreement_paper": [0.753 if people else None]})


def cascade_of(**others: Any) -> pl.DataFrame:
    """A fit that keeps 33 of 33 picks."""
    row = {"cheap_kind": "embeddings", "cheap_annotator": "the-embedder", "annotator": "the-annotator"}
    row |= {"count_members": 6892, "count_sample": 500, "count_read": 498, "count_picks": 33, "count_kept": 33}
    row |= {"recall": 1.0, "recall_lower": 0.894, "recall_upper": 1.0, "threshold": 3.2, "share_passed": 0.248}
    return pl.DataFrame([row | {"confidence": 0.95} | others])


def small_frames(**others: Any) -> ReportFrames:
    """Frames of a small whole report; any of them can be replaced."""
    template = load_template("judge")
    frames = ReportFrames(
        benchmark=pl.DataFrame({"benchmark_id": ["b" * 32], "count_questions": [500], "as_of": [AS_OF]}),
        leaderboard=pl.DataFrame({"baseline": [BASELINE], "judges": [["judge-one"]], "as_of": [AS_OF]}),
        board=small_board(),
        quality=quality_of("the arena"),
        withheld=pl.DataFrame(
            schema={"as_of": pl.Datetime, "board_reason": pl.String, "model": pl.String, "reason": pl.String}
        ),
        judged=pl.DataFrame({"count_questions": [500]}),
        bias=pl.DataFrame(
            {
                "judge": ["judge-one"],
                "count_judgments": [4000],
                "share_readable": [0.76],
                "share_first_wins": [0.67],
                "share_orders_agree": [0.59],
                "share_ties": [0.03],
                "share_strong": [0.25],
            }
        ),
        cascade=cascade_of().clear(),
        topics=topics_of([("t1", "Debugging", 3, 1), ("t2", "Poems", 1, 0)]),
        topic_map=map_of(
            [
                ("p1", "t1", False, 0.0, 0.0, True, "why does it fail"),
                ("p2", "t1", False, 0.1, 0.1, False, None),
                ("p3", "t1", False, 0.2, 0.0, False, None),
                ("p4", "t2", False, 9.0, 9.0, False, None),
                ("p5", "t2", True, 5.0, 5.0, False, None),
            ]
        ),
        funnel=pl.DataFrame(
            [
                (1, "ingest", "broken_line", 2),
                (2, "ingest", "duplicate", 30),
                (3, "curation", "near_duplicate", 20),
                (4, "selection", "score", 40),
                (6, "question", "kept", 8),
            ],
            schema=["step", "stage", "reason", "count_records"],
            orient="row",
        ),
        costs=pl.DataFrame(
            [("judge", "judge-one", 4000, 12, 900_000, 30_000, 12.5), ("embed", "tiny", 3, 0, 500, 0, 0.0)],
            schema=[
                *("kind", "model", "count_calls", "count_not_ok", "count_tokens_in", "count_tokens_out", "cost_usd")
            ],
            orient="row",
        ),
        templates=pl.DataFrame(
            [("judge", "judge", template.sha256, 4000, date(2026, 3, 1)), ("annotate", "old", "0" * 64, 5, None)],
            schema=["kind", "template", "template_sha256", "count_calls", "last_used"],
            orient="row",
        ),
        options=ReportOptions(),
    )
    return replace(frames, **others)


def empty_frames() -> ReportFrames:
    """What a new warehouse gives: nothing at all."""
    full = small_frames()
    names = ("benchmark", "leaderboard", "board", "bias", "topics", "topic_map", "funnel", "costs", "templates")
    return replace(full, judged=pl.DataFrame({"count_questions": [0]}), **{n: getattr(full, n).clear() for n in names})


@pytest.fixture
def hostile_frames() -> ReportFrames:
    """Every text that comes from outside is an attack."""
    frames = small_frames()
    rows = [board_row(name, 0.9 - n / 20, (1, 10), reason=name) for n, name in enumerate(HOSTILE[:5])]
    rows += [board_row(name, None, None, reason=name) for name in HOSTILE[5:]]
    words = pl.Series(HOSTILE, dtype=pl.String)

    def attacked(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        return pl.concat([frame.head(1)] * len(HOSTILE)).with_columns(**dict.fromkeys(columns, words))

    return replace(
        frames,
        board=board_of(*({**row, "baseline": HOSTILE[0]} for row in rows)),
        withheld=pl.DataFrame({"as_of": None, "board_reason": HOSTILE[0], "model": words, "reason": words}),
        leaderboard=frames.leaderboard.with_columns(baseline=pl.lit(HOSTILE[1]), judges=pl.lit([*HOSTILE])),
        bias=attacked(frames.bias, "judge"),
        topics=attacked(frames.topics, "topic_name").with_columns(keywords=pl.lit([*HOSTILE])),
        topic_map=attacked(frames.topic_map, "excerpt", "topic_name").with_columns(is_question=True),
        cascade=cascade_of(annotator=HOSTILE[1], cheap_annotator=HOSTILE[4]),
        funnel=attacked(frames.funnel, "stage", "reason"),
        costs=attacked(frames.costs, "kind", "model"),
        templates=attacked(frames.templates, "kind", "template", "template_sha256"),
    )


@pytest.fixture
def make_frames() -> Callable[..., ReportFrames]:
    """`small_frames`."""
    return small_frames


@pytest.fixture
def no_frames() -> ReportFrames:
    """`empty_frames`."""
    return empty_frames()


@pytest.fixture
def make_row() -> Callable[..., dict[str, Any]]:
    """`board_row`."""
    return board_row


@pytest.fixture
def make_board() -> Callable[..., pl.DataFrame]:
    """`board_of`."""
    return board_of


@pytest.fixture
def make_baseline() -> Callable[..., dict[str, Any]]:
    """`baseline_row`."""
    return baseline_row


@pytest.fixture
def make_map() -> Callable[..., pl.DataFrame]:
    """`map_of`."""
    return map_of


@pytest.fixture
def make_cascade() -> Callable[..., pl.DataFrame]:
    """`cascade_of`."""
    return cascade_of


@pytest.fixture
def make_topics() -> Callable[..., pl.DataFrame]:
    """`topics_of`."""
    return topics_of
