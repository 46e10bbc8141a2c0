"""Judgments for the tests of rating: from tuples, invented by Hypothesis, and the same seen from the other side."""

from collections.abc import Iterable

import polars as pl
from hypothesis import strategies as st

from benchbuilder.judging.verdict import Verdict

SCHEMA = {
    "question_id": pl.String,
    "model": pl.String,
    "baseline": pl.String,
    "judge": pl.String,
    "baseline_first": pl.Boolean,
    "replicate": pl.Int32,
    "verdict": pl.String,
}
FLIPPED = {verdict.value: verdict.flip().value for verdict in Verdict}

_JUDGES = ("j1", "j2", "j3")
_KEYS = st.tuples(
    st.sampled_from(["q1", "q2", "q3", "q4"]),
    st.sampled_from(["m1", "m2"]),
    st.sampled_from(["base", "other base"]),
    st.sampled_from(_JUDGES),
    st.sampled_from([True, False, None]),
    st.integers(0, 1),
)


def frame_of(rows: Iterable[tuple[str, str, str, str, bool | None, int, str | None]]) -> pl.DataFrame:
    """Judgments from tuples in the order of `SCHEMA`."""
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def judgment_frames() -> st.SearchStrategy[pl.DataFrame]:
    """Few questions, models and judges, so that games meet; no game twice by one judge; some cannot be read."""
    verdicts = st.sampled_from([*FLIPPED, None])
    games = st.dictionaries(_KEYS, verdicts, min_size=1, max_size=60)
    return games.map(lambda read: frame_of((*key, verdict) for key, verdict in read.items()))


def flip_sides(judgments: pl.DataFrame) -> pl.DataFrame:
    """The same games with model and baseline named the other way round."""
    return judgments.with_columns(
        model="baseline",
        baseline="model",
        baseline_first=~pl.col("baseline_first"),
        verdict=pl.col("verdict").replace(FLIPPED),
    )
