"""How the judgments of several judges become one board: by a rule that is set and printed."""

from typing import Literal

import polars as pl

from benchbuilder.judging.verdict import SCALE

Ensemble = Literal["each", "median"]
RULES: dict[Ensemble, str] = {
    "each": "each judgment counts",
    "median": "the median verdict of the judges counts, once per game",
}
_GAME = ("question_id", "topic_id", "model", "baseline", "baseline_first", "replicate")
_OF_ONE_JUDGE = ("judge", "verdict")
_TIE = 2  # the middle of the scale


def combine(games: pl.DataFrame, rule: Ensemble) -> pl.DataFrame:
    """The games that a board counts.

    `median` takes the middle step of the readable verdicts of one question, pair, order and replicate; between two
    middle steps the one nearer to the tie, so that neither side gains. A game that no judge could read stays unread.

    Args:
        games: one row per judgment: question_id, topic_id, model, baseline, judge, baseline_first, replicate, verdict
            (null where unreadable). Other columns say the same of all judgments of a game, and are kept.
        rule: see `RULES`.
    """
    if rule == "each" or games["judge"].n_unique() < 2:  # noqa: PLR2004 - one judge is its own median
        return games
    step = (
        pl.col("verdict")
        .cast(pl.String)
        .replace_strict({v.value: n for n, v in enumerate(SCALE)}, return_dtype=pl.Int8)
    )
    signed = (step.cast(pl.Float64) - _TIE).median()  # truncation goes towards 0, the tie
    names = {number: verdict.value for number, verdict in enumerate(SCALE)}
    middle = (signed.cast(pl.Int64) + _TIE).replace_strict(names, return_dtype=pl.String)
    keys = [name for name in _GAME if name in games.columns]
    kept = [pl.col(name).first() for name in games.columns if name not in {*keys, *_OF_ONE_JUDGE}]
    return games.group_by(keys, maintain_order=True).agg(*kept, judge=pl.lit("median of the judges"), verdict=middle)
