"""Coverage on verdicts of a real judge: its 500 questions are the population, boards are drawn from them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from benchbuilder.judging.verdict import Verdict
from benchbuilder.rating.battles import Matrix, Sums, sum_battles
from benchmarks.coverage.games import Played
from benchmarks.coverage.study import COUNT_REPETITIONS, TRUE_RATES, Cell, shares_inside

FILE = "verdicts/gpt4o_screenshots.jsonl"
COUNT_QUESTIONS = 500
MIN_SHARE_READABLE = 0.99
_AS_SHOWN = {verdict.value: verdict.value for verdict in Verdict}
_TURNED = {verdict.value: verdict.flip().value for verdict in Verdict}


def cover_real(folder: Path, seed: int) -> Cell:
    """Draw questions with replacement; the truth is the win rate over all of them."""
    sums, outright = _population(folder / FILE)
    rates = tuple(sums.won.sum(axis=0) / sums.weight.sum(axis=0))

    def drawn(model: int) -> Played:
        random = np.random.default_rng([seed, model])
        questions = random.integers(0, len(sums.won), (COUNT_QUESTIONS, COUNT_REPETITIONS))
        won, weight = sums.won[questions, model], sums.weight[questions, model]
        wins = outright[questions, model].sum(axis=0)
        ties = 2 * (won.sum(axis=0) - wins)
        rows = np.column_stack([wins, ties, weight.sum(axis=0) - wins - ties])
        return Played(Sums(("",) * COUNT_REPETITIONS, ("",) * COUNT_QUESTIONS, won, weight), rows)

    return Cell("real verdicts, drawn again", COUNT_QUESTIONS, rates, shares_inside(drawn, rates, seed))


def _population(path: Path) -> tuple[Sums, Matrix]:
    """Sums of the models that can be read and win between 2 and 98 %, and S without ties."""
    pairs = pl.read_ndjson(path)
    judged = pl.concat([_judged(pairs, "game1", _TURNED), _judged(pairs, "game2", _AS_SHOWN)])
    readable = judged.group_by("model").agg(share=pl.col("verdict").is_not_null().mean())
    models = readable.filter(pl.col("share") >= MIN_SHARE_READABLE)["model"].sort().to_list()
    battles = judged.drop_nulls("verdict").filter(pl.col("model").is_in(models))
    sums = sum_battles(battles, models)
    ties_lost = battles.with_columns(pl.col("verdict").replace(Verdict.TIE.value, Verdict.B_BETTER.value))
    rates = sums.won.sum(axis=0) / sums.weight.sum(axis=0)
    chosen = (rates >= TRUE_RATES[0]) & (rates <= TRUE_RATES[-1])
    names = tuple(name for name, is_chosen in zip(models, chosen, strict=True) if is_chosen)
    kept = Sums(names, sums.clusters, sums.won[:, chosen], sums.weight[:, chosen])
    return kept, sum_battles(ties_lost, models).won[:, chosen]


def _judged(pairs: pl.DataFrame, game: str, of_model: Mapping[str, str]) -> pl.DataFrame:
    """One battle per game from the model's side; the verdict is null where it could not be read."""
    return pairs.select(
        "question_id",
        "model",
        "baseline",
        "judge",
        topic_id=pl.lit(None, pl.String),
        baseline_first=pl.lit(game == "game1"),
        verdict=pl.col(game).replace_strict(of_model, default=None, return_dtype=pl.String),
    )
