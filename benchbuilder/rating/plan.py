"""What was wanted of each model and what could be read: the gate of a board stands on these counts."""

import polars as pl

from benchbuilder.rating.battles import check_columns

PLANNED_COLUMNS = ("model", "count_planned", "count_readable")


def main_baseline(games: pl.DataFrame) -> str | None:
    """Whom most games are against; of several the first by name; None where there are no games."""
    check_columns(games, ("model", "baseline"))
    counted = games.group_by("baseline").len().sort("len", "baseline", descending=[True, False])
    return counted["baseline"][0] if counted.height else None


def count_games(games: pl.DataFrame, baseline: str | None) -> pl.DataFrame:
    """What was planned and read of each model but the baseline, where every game wanted is a row.

    Args:
        games: model, baseline, verdict (null where unreadable).
        baseline: of the board. Another model's games count on whichever side it stands.

    Returns:
        Columns `PLANNED_COLUMNS`, sorted by model.
    """
    counted = [
        games.group_by(pl.col(side).alias("model")).agg(
            count_planned=pl.len().cast(pl.Int64), count_readable=pl.col("verdict").count().cast(pl.Int64)
        )
        for side in ("model", "baseline")
    ]
    others = pl.concat(counted).filter(pl.col("model").ne_missing(pl.lit(baseline)))
    return others.group_by("model").sum().sort("model")


def checked_plan(planned: pl.DataFrame, battles: pl.DataFrame, baseline: str | None) -> pl.DataFrame:
    """The plan sorted by model; a wrong one is an error here, because it would silently let a model past the gate.

    Raises:
        ValueError: a model stands twice, is the baseline, or has other counts than the battles.
    """
    check_columns(planned, PLANNED_COLUMNS)
    planned = planned.select(
        pl.col("model"), pl.col("count_planned").cast(pl.Int64), pl.col("count_readable").cast(pl.Int64)
    ).sort("model")
    if planned["model"].n_unique() < planned.height:
        raise ValueError("a model stands twice in planned")
    if baseline in planned["model"]:
        raise ValueError(f"{baseline} is the baseline of the board and stands in planned as a model")
    counted = count_games(battles, baseline).select("model", count_battles="count_readable")
    wrong = (
        planned.join(counted, on="model", how="full", coalesce=True)
        .filter(
            pl.col("count_battles").fill_null(0).ne_missing(pl.col("count_readable"))
            | (pl.col("count_readable") > pl.col("count_planned"))
        )
        .sort("model")
    )
    if wrong.height:
        name, wanted, readable, found = wrong.row(0)
        raise ValueError(f"{name}: planned {wanted}, of them readable {readable}, but battles hold {found or 0}")
    return planned


def count_questions(battles: pl.DataFrame) -> pl.DataFrame:
    """Per model, on whichever side, on how many questions it was read."""
    sides = pl.concat([battles.select("question_id", pl.col(side).alias("model")) for side in ("model", "baseline")])
    return sides.group_by("model").agg(pl.col("question_id").n_unique().cast(pl.Int64).alias("count_questions"))
