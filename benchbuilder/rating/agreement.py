"""Whether judges agree: with each other, with people game by game, and with people's ranking of the models.

All figures are about the winner from the model's side (win, tie, loss), so that a judge who says "much better" where
another says "better" agrees. Chance is taken off by kappa: two judges that both nearly always see the model lose agree
often, and not because they see the same.
"""

from collections.abc import Iterable
from itertools import combinations
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchbuilder.judging.verdict import SCALE, Verdict
from benchbuilder.rating.battles import check_columns
from benchbuilder.rating.bias import JUDGMENT_COLUMNS

GAME_COLUMNS = ("question_id", "model", "baseline", "baseline_first", "replicate")
VOTE_COLUMNS = ("prompt_id", "model_a", "model_b", "winner")

Counts = NDArray[np.int64]

_STEP = {verdict.value: step for step, verdict in enumerate(SCALE)}
_TIE = SCALE.index(Verdict.TIE)
_WINNERS = 3  # the model loses, tie, the model wins: -1, 0, 1
_WINNER_OF_VOTE = {"model_a": 1, "tie": 0, "both_bad": 0, "model_b": -1}
_LEAST_MODELS = 3  # two ranks always agree or disagree in full


class FleissKappa(NamedTuple):
    """Agreement of all judges at once.

    Attributes:
        kappa: None where it is not defined: under two judges, no game that all have read, or one winner throughout.
        count_games: the games that all judges read.
        count_judges: all that have judged anything, also what could not be read.
    """

    kappa: float | None
    count_games: int
    count_judges: int


class RankAgreement(NamedTuple):
    """Agreement of two rankings.

    Attributes:
        count_models: the models that both rank.
        spearman: None where there are under three models or one side does not tell them apart.
    """

    count_models: int
    spearman: float | None


def judges_agreement(judgments: pl.DataFrame) -> pl.DataFrame:
    """Each pair of judges over the games that both read: the same answers to the same question in the same order.

    Args:
        judgments: columns `bias.JUDGMENT_COLUMNS`, verdict from the model's side, null where none could be read. Games
            of unknown order are matched among themselves.

    Returns:
        One row per pair, sorted: judge, other_judge (after it by name); count_games; share_agree_winner; kappa_winner
        (Cohen, Educational and Psychological Measurement 20, 1960) on win, tie and loss; kappa_verdict on the five
        steps with quadratic weights (Cohen, Psychological Bulletin 70, 1968). Null where nothing was read by both; the
        kappas also where both judges gave one answer throughout, because then chance explains all of it.

    Raises:
        ValueError: a column is missing, or a judge has two readable verdicts of one game.
    """
    judges, readings = _readings(judgments)
    rows = [_pair_row(judges, readings, *pair) for pair in combinations(range(len(judges)), 2)]
    schema = {"judge": pl.String, "other_judge": pl.String, "count_games": pl.Int64}
    measures = dict.fromkeys(("share_agree_winner", "kappa_winner", "kappa_verdict"), pl.Float64)
    return pl.DataFrame(rows, schema=schema | measures, orient="row")


def fleiss(judgments: pl.DataFrame) -> FleissKappa:
    """Fleiss' kappa (Psychological Bulletin 76, 1971) on win, tie and loss, over the games that all judges read.

    Args:
        judgments: as in `judges_agreement`.

    Raises:
        ValueError: as in `judges_agreement`.
    """
    from statsmodels.stats.inter_rater import fleiss_kappa

    judges, readings = _readings(judgments)
    winners = np.sign(readings.drop_nulls().to_numpy() - _TIE)
    votes = np.column_stack([np.count_nonzero(winners == winner, axis=1) for winner in (-1, 0, 1)])
    is_defined = len(judges) > 1 and np.count_nonzero(votes.sum(axis=0)) > 1
    kappa = float(fleiss_kappa(votes)) if is_defined else None
    return FleissKappa(kappa, len(votes), len(judges))


def agreement_with_people(judgments: pl.DataFrame, votes: pl.DataFrame) -> pl.DataFrame:
    """Each judge against the people who voted on the same prompt and the same two models.

    Every judgment of a game (both orders, all replicates) is compared with every vote on it. The answers need not be
    the same: people saw what the models said to them.

    Args:
        judgments: columns `bias.JUDGMENT_COLUMNS` and prompt_id, which may be null.
        votes: columns `VOTE_COLUMNS`; winner is model_a, model_b, tie or both_bad; prompt_id may be null.

    Returns:
        One row per judge, sorted: judge; count_compared; share_agree (the same winner, or no winner in both: a tie and
        both bad are one); count_both_decisive, share_agree_decided (of the comparisons with a winner in both); kappa
        (Cohen) on win, tie and loss of the model. Null where nothing can be compared.

    Raises:
        ValueError: a column is missing or a vote has another winner.
    """
    check_columns(judgments, (*JUDGMENT_COLUMNS, "prompt_id"))
    judges = judgments["judge"].unique().sort()
    compared = _judged(judgments).join(_voted(votes), on=["prompt_id", "model", "baseline"])
    cells = compared.group_by("judge", "winner", "winner_of_people").agg(count=pl.col("judged").dot("voted"))
    rows = [(judge, *_people_row(cells.filter(pl.col("judge") == judge))) for judge in judges]
    counts = {"count_compared": pl.Int64, "share_agree": pl.Float64, "count_both_decisive": pl.Int64}
    schema = {"judge": pl.String} | counts | dict.fromkeys(("share_agree_decided", "kappa"), pl.Float64)
    return pl.DataFrame(rows, schema=schema, orient="row")


def rank_agreement(board: pl.DataFrame, people: pl.DataFrame) -> RankAgreement:
    """Spearman's rank correlation of a judge's scores and people's ratings, over the models that both know.

    Args:
        board: columns model and score, e.g. win rates. A model without a score is left out.
        people: the same, e.g. ratings of an arena. Names are compared casefolded.

    Raises:
        ValueError: a column is missing, or a frame names a model twice.
    """
    from scipy.stats import spearmanr

    both = _scores(board).join(_scores(people), on="model", suffix="_of_people").sort("model")
    pairs = both.select("score", "score_of_people")
    if both.height < _LEAST_MODELS or 1 in pairs.select(pl.all().n_unique()).row(0):
        return RankAgreement(both.height, None)
    result: Any = spearmanr(*pairs.to_numpy().T)  # its stub knows no fields
    return RankAgreement(both.height, float(result.statistic))


def _readings(judgments: pl.DataFrame) -> tuple[list[str], pl.DataFrame]:
    """All judges, and per game the step of each judge's verdict, in columns 0, 1, ...; null where it was not read."""
    check_columns(judgments, JUDGMENT_COLUMNS)
    judges = judgments["judge"].unique().sort().to_list()
    read = judgments.drop_nulls("verdict").select(
        *GAME_COLUMNS,
        judge=pl.col("judge").cast(pl.Enum(judges)).to_physical(),
        step=pl.col("verdict").cast(pl.String).replace_strict(_STEP, return_dtype=pl.Int8),
    )
    mine = {name: pl.col("step").filter(pl.col("judge") == int(name)) for name in _columns(judges)}
    games = read.group_by(GAME_COLUMNS).agg(
        *(steps.first().alias(name) for name, steps in mine.items()), is_twice=pl.col("judge").is_duplicated().any()
    )
    if twice := games["is_twice"].sum():
        raise ValueError(f"in {twice} games a judge has two verdicts of the same order and replicate")
    return judges, games.select(_columns(judges))


def _columns(judges: Iterable[str]) -> list[str]:
    return [str(position) for position, _ in enumerate(judges)]


def _pair_row(judges: list[str], readings: pl.DataFrame, one: int, other: int) -> tuple[str | int | float | None, ...]:
    cells = readings.select(str(one), str(other)).drop_nulls().group_by(str(one), str(other)).len()
    steps = _table(cells, shift=0, size=len(SCALE))
    fold = np.sign(np.arange(len(SCALE)) - _TIE) + 1 == np.arange(_WINNERS)[:, None]  # five steps → three winners
    winners = fold.astype(np.int64) @ steps @ fold.T.astype(np.int64)
    kappas = (_cohen_kappa(winners), _cohen_kappa(steps, weights="quadratic"))
    return (judges[one], judges[other], int(steps.sum()), _share_same(winners), *kappas)


def _people_row(cells: pl.DataFrame) -> tuple[int | float | None, ...]:
    table = _table(cells.select("winner", "winner_of_people", "count"), shift=1, size=_WINNERS)
    decided = table[::2, ::2]
    return (int(table.sum()), _share_same(table), int(decided.sum()), _share_same(decided), _cohen_kappa(table))


def _table(cells: pl.DataFrame, *, shift: int, size: int) -> Counts:
    """How often the first rater gave the row and the second the column; the cells' third column counts."""
    table = np.zeros((size, size), np.int64)
    one, other, count = (column.to_numpy() for column in cells.get_columns())
    table[one + shift, other + shift] = count
    return table


def _share_same(table: Counts) -> float | None:
    total = table.sum()
    return float(np.trace(table) / total) if total else None


def _cohen_kappa(table: Counts, weights: Literal["quadratic"] | None = None) -> float | None:
    """Of a table of counts; None where at most one label was given, by both, so that chance explains everything."""
    from sklearn.metrics import cohen_kappa_score

    if np.count_nonzero(table.sum(axis=0) + table.sum(axis=1)) < 2:  # noqa: PLR2004 - labels in use
        return None
    one, other = np.nonzero(table)
    labels = np.arange(len(table))
    return float(cohen_kappa_score(one, other, labels=labels, weights=weights, sample_weight=table[one, other]))


def _judged(judgments: pl.DataFrame) -> pl.DataFrame:
    """How often each judge gave each winner, per prompt, model and baseline (casefolded)."""
    step = pl.col("verdict").cast(pl.String).replace_strict(_STEP, return_dtype=pl.Int8)
    readable = judgments.drop_nulls(["verdict", "prompt_id"])
    return (
        readable.select("judge", "prompt_id", *_folded(readable, "model", "baseline"), winner=(_TIE - step).sign())
        .group_by("judge", "prompt_id", "model", "baseline", "winner")
        .agg(judged=pl.len().cast(pl.Int64))
    )


def _voted(votes: pl.DataFrame) -> pl.DataFrame:
    """How often people gave each winner, per prompt and pair, seen from either side (casefolded)."""
    check_columns(votes, VOTE_COLUMNS)
    if strange := set(votes["winner"].unique()) - set(_WINNER_OF_VOTE):
        raise ValueError(f"{len(strange)} unknown winners of votes, such as {min(map(repr, strange)):.80}")
    usable = votes.drop_nulls(["prompt_id", "model_a", "model_b"])
    winner = pl.col("winner").cast(pl.String).replace_strict(_WINNER_OF_VOTE, return_dtype=pl.Int8)
    one = usable.select("prompt_id", *_folded(usable, "model_a", "model_b"), winner_of_people=winner)
    one = one.rename({"model_a": "model", "model_b": "baseline"}).filter(pl.col("model") != pl.col("baseline"))
    other = one.select("prompt_id", model="baseline", baseline="model", winner_of_people=-pl.col("winner_of_people"))
    both = pl.concat([one, other])
    return both.group_by(both.columns).agg(voted=pl.len().cast(pl.Int64))


def _scores(frame: pl.DataFrame) -> pl.DataFrame:
    """Model (casefolded) and score, of those that have one."""
    check_columns(frame, ("model", "score"))
    scores = frame.select("model", pl.col("score").cast(pl.Float64).fill_nan(None)).drop_nulls()
    scores = scores.select(*_folded(scores, "model"), "score")
    if twice := scores.height - scores["model"].n_unique():
        raise ValueError(f"{twice} models stand twice in a ranking when case is ignored")
    return scores


def _folded(frame: pl.DataFrame, *columns: str) -> list[pl.Expr]:
    """The columns casefolded (lower case is not enough: ß, İ); the few names that there are, once each."""
    names = {name: name.casefold() for column in columns for name in frame[column].cast(pl.String).unique()}
    return [pl.col(column).cast(pl.String).replace_strict(names, return_dtype=pl.String) for column in columns]
