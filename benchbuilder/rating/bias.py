"""How far a judge follows the order in which answers are shown, per judge."""

import polars as pl

from benchbuilder.rating.battles import IS_STRONG, SCORE_OF_MODEL, check_columns

JUDGMENT_COLUMNS = ("question_id", "model", "baseline", "judge", "baseline_first", "replicate", "verdict")


def judge_bias(judgments: pl.DataFrame) -> pl.DataFrame:
    """Position bias and habits of each judge.

    Args:
        judgments: all that were planned, one row each, columns `JUDGMENT_COLUMNS`; verdict from the model's side (A is
            the model), null where none could be read.

    Returns:
        One row per judge, sorted by name: count_judgments; count_unreadable, share_unreadable (of all);
        count_decisive, share_first_wins (of the verdicts that are no ties, those for the answer shown first);
        count_both_orders, share_orders_agree (of the games read in both orders, those with the same winner, or a tie in
        both); share_strong, share_ties (of the readable). A share of nothing is null.

    Raises:
        ValueError: a column is missing.
    """
    check_columns(judgments, JUDGMENT_COLUMNS)
    scored = judgments.with_columns(
        score=pl.col("verdict").cast(pl.String).replace_strict(SCORE_OF_MODEL, return_dtype=pl.Float64),
        is_strong=pl.col("verdict").cast(pl.String).replace_strict(IS_STRONG, return_dtype=pl.Boolean),
    )
    habits = scored.group_by("judge").agg(**_habits())
    return habits.join(_orders(scored), on="judge", how="left").sort("judge")


def _habits() -> dict[str, pl.Expr]:
    score = pl.col("score")
    score_of_first = pl.when("baseline_first").then(1 - score).otherwise(score)
    is_decisive = score != 0.5  # noqa: PLR2004 - ½ is the score of a tie
    return {
        "count_judgments": pl.len().cast(pl.Int64),
        "count_unreadable": score.null_count().cast(pl.Int64),
        "share_unreadable": score.is_null().mean(),
        "count_decisive": is_decisive.sum().cast(pl.Int64),
        "share_first_wins": score_of_first.filter(is_decisive).mean(),
        "share_strong": pl.col("is_strong").mean(),
        "share_ties": (~is_decisive).mean(),
    }


def _orders(scored: pl.DataFrame) -> pl.DataFrame:
    """Per judge, how many games were read in both orders and in how many of them the same side won."""
    game = ["judge", "question_id", "model", "baseline", "replicate"]
    both = scored.group_by(game).agg(
        one=pl.col("score").filter(pl.col("baseline_first")).first(),
        other=pl.col("score").filter(~pl.col("baseline_first")).first(),
    )
    agree = pl.col("one") == pl.col("other")
    return both.group_by("judge").agg(count_both_orders=agree.count().cast(pl.Int64), share_orders_agree=agree.mean())
