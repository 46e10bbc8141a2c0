"""How two answers differ in style, so that a fit can hold length and Markdown equal (arXiv 2406.11939, appendix A.2).

Length is the relative difference of tokens, (a - b)/(a + b). Headers, list items and bold spans are taken per token
first, and then in the same way. Each column is divided by its standard deviation, not centred: a coefficient is per
standard deviation, and 0 still means equal style, so the win rate is the one between answers of the same style.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import polars as pl

from benchbuilder.rating.battles import check_columns

Style = Literal["length", "markdown"]
STYLES = get_args(Style)
COLUMNS: dict[Style, tuple[str, ...]] = {"length": ("length",), "markdown": ("headers", "lists", "bold")}
ANSWER_SCHEMA = {
    "question_id": pl.String,
    "model": pl.String,
    "count_tokens": pl.Int64,
    "count_headers": pl.Int64,
    "count_lists": pl.Int64,
    "count_bold": pl.Int64,
}
_LEAST_SPREAD = 1e-12  # below it is rounding


def columns_of(styles: Sequence[Style]) -> tuple[str, ...]:
    """The columns that control for these styles, by name."""
    return tuple(column for style in STYLES if style in styles for column in COLUMNS[style])


def varying_columns(battles: pl.DataFrame, styles: Sequence[Style]) -> tuple[str, ...]:
    """Those of `columns_of(styles)` that differ, also without any one question.

    A constant one tells nothing, and one that a single question bends has no coefficient once that question is left
    out.
    """
    return tuple(name for name in columns_of(styles) if _differs(battles, name))


def with_style(battles: pl.DataFrame, answers: pl.DataFrame, styles: Sequence[Style]) -> pl.DataFrame:
    """Battles with the columns of `columns_of(styles)`, from the model's side.

    Args:
        battles: question_id, model, baseline and more.
        answers: one row per question and model, columns `ANSWER_SCHEMA`.
        styles: which are wanted.

    Returns:
        All battles, in their order; null where one of the two answers is not known. A style that never differs is 0
        throughout.

    Raises:
        ValueError: a column is missing, or an answer stands twice.
    """
    check_columns(answers, ANSWER_SCHEMA)
    if answers.select("question_id", "model").is_duplicated().any():
        raise ValueError("the answers hold a question and model twice")
    measured = answers.select(
        "question_id",
        pl.col("model"),
        pl.col("count_tokens").cast(pl.Float64).alias("length"),
        *(
            (pl.col(f"count_{name}") / pl.col("count_tokens").clip(lower_bound=1)).alias(name)
            for name in COLUMNS["markdown"]
        ),
    )
    of_baseline = measured.rename({"model": "baseline"})
    joined = battles.join(measured, on=["question_id", "model"], how="left", maintain_order="left").join(
        of_baseline, on=["question_id", "baseline"], how="left", maintain_order="left", suffix="_of_baseline"
    )
    columns = columns_of(styles)
    return joined.select(*battles.columns, *(_scaled(_relative_difference(name)).alias(name) for name in columns))


def _differs(battles: pl.DataFrame, name: str) -> bool:
    common = battles.group_by(name).agg(pl.col("question_id").n_unique()).sort("question_id", name)[name].tail(1)
    return battles.filter(~pl.col(name).is_in(common.implode()))["question_id"].n_unique() > 1


def _relative_difference(name: str) -> pl.Expr:
    mine, theirs = pl.col(name), pl.col(f"{name}_of_baseline")
    return pl.when(mine + theirs == 0).then(0.0).otherwise((mine - theirs) / (mine + theirs))


def _scaled(column: pl.Expr) -> pl.Expr:
    spread = column.std(ddof=0)
    return pl.when(spread > _LEAST_SPREAD).then(column / spread).otherwise(column * 0)
