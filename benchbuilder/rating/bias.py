"""How far a judge follows the order in which answers are shown, per judge."""

import polars as pl

from benchbuilder.rating.battles import IS_STRONG, SCORE_OF_MODEL, check_columns
from benchbuilder.rating.clustered import question_sums, ratio_intervals

JUDGMENT_COLUMNS = ("question_id", "model", "baseline", "judge", "baseline_first", "replicate", "verdict")

_TIE = 0.5  # the score of a tie


def judge_bias(judgments: pl.DataFrame, *, confidence: float = 0.95) -> pl.DataFrame:
    """Position bias and habits of each judge.

    A game whose order is not known (baseline_first is null) counts among the readable ones, the ties and the strong
    ones, and in no figure about the order.

    Args:
        judgments: all that were planned, one row each, columns `JUDGMENT_COLUMNS`; verdict from the model's side (A is
            the model), null where none could be read.
        confidence: of the interval, e.g. 0.95.

    Returns:
        One row per judge, sorted by name. A share of nothing is null.
        count_judgments; count_unreadable, share_unreadable (of all).
        share_strong, share_ties (of the readable).
        count_decisive, share_first_wins (of the verdicts that are no ties and whose order is known, those for the
        answer shown first), share_first_lower, share_first_upper (its interval, clustered by question as in
        `clustered`; null where fewer than two questions have such a verdict, or all have the same share).
        count_both_orders, share_orders_agree (of the games read in both orders, those with the same winner, or a tie
        in both).
        count_both_decisive, count_flips, share_flips (of the games with a winner in both orders, those in which the
        winner changed with the order).

    Raises:
        ValueError: a column is missing.
    """
    check_columns(judgments, JUDGMENT_COLUMNS)
    verdict = pl.col("verdict").cast(pl.String)
    scored = judgments.with_columns(
        pl.col("baseline_first").cast(pl.Boolean),
        score=verdict.replace_strict(SCORE_OF_MODEL, return_dtype=pl.Float64),
        is_strong=verdict.replace_strict(IS_STRONG, return_dtype=pl.Boolean),
    )
    # 1 - score where the baseline stands first, else the score, and null where the order is not known
    of_first = (pl.col("score") - pl.col("baseline_first").cast(pl.Float64)).abs()
    scored = scored.with_columns(score_of_first=of_first)
    habits = scored.group_by("judge").agg(**_habits())
    for more in (_bounds(scored, confidence), _orders(scored)):
        habits = habits.join(more, on="judge", how="left")
    return habits.with_columns(pl.col("^count_.*$").fill_null(0)).sort("judge")


def _habits() -> dict[str, pl.Expr]:
    score, first = pl.col("score"), pl.col("score_of_first")
    is_decisive = first != _TIE
    return {
        "count_judgments": pl.len().cast(pl.Int64),
        "count_unreadable": score.null_count().cast(pl.Int64),
        "share_unreadable": score.is_null().mean(),
        "count_decisive": is_decisive.sum().cast(pl.Int64),
        "share_first_wins": first.filter(is_decisive).mean(),
        "share_strong": pl.col("is_strong").mean(),
        "share_ties": (score == _TIE).mean(),
    }


def _bounds(scored: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """The interval of share_first_wins, per judge that has decided a game."""
    cells = (
        scored.filter(pl.col("score_of_first") != _TIE)
        .group_by("question_id", name="judge")
        .agg(won=pl.col("score_of_first").sum(), weight=pl.len().cast(pl.Float64))
    )
    judges = cells["name"].unique().sort()
    first_wins = ratio_intervals(question_sums(cells, judges.to_list()), confidence=confidence)
    return pl.DataFrame(
        {"judge": judges, "share_first_lower": first_wins.lower, "share_first_upper": first_wins.upper}
    ).fill_nan(None)


def _orders(scored: pl.DataFrame) -> pl.DataFrame:
    """Per judge, how many games were read in both orders, in how many the same side won, in how many another."""
    game = ["judge", "question_id", "model", "baseline", "replicate"]
    both = scored.group_by(game).agg(
        one=pl.col("score").filter(pl.col("baseline_first")).first(),
        other=pl.col("score").filter(~pl.col("baseline_first")).first(),
    )
    agree = pl.col("one") == pl.col("other")
    is_flipped = (~agree).filter((pl.col("one") != _TIE) & (pl.col("other") != _TIE))
    return both.group_by("judge").agg(
        count_both_orders=agree.count().cast(pl.Int64),
        share_orders_agree=agree.mean(),
        count_both_decisive=is_flipped.count().cast(pl.Int64),
        count_flips=is_flipped.sum().cast(pl.Int64),
        share_flips=is_flipped.mean(),
    )
