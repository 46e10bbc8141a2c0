"""What is known of the judges of a board: their habits, each other's agreement, people's, and their own family."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import polars as pl

from benchbuilder.boards import Contest, Reader
from benchbuilder.errors import UsageError
from benchbuilder.quality import read_people
from benchbuilder.rating.agreement import (
    FleissKappa,
    agreement_with_people,
    fleiss,
    judges_agreement,
    rank_agreement,
)
from benchbuilder.rating.bias import judge_bias
from benchbuilder.rating.board_of_games import fit_games
from benchbuilder.rating.families import family_of, own_family_preference


class Judges(NamedTuple):
    """The judges of one board.

    Attributes:
        each: one row per judge: see `judge_bias`, `own_family_preference`, `agreement_with_people`; spearman_people and
            count_models_people compare its own board with people's.
        pairs: see `judges_agreement`.
        together: Fleiss' kappa over the games that all have read.
    """

    each: pl.DataFrame
    pairs: pl.DataFrame
    together: FleissKappa


def examine_judges(
    reader: Reader,
    contest: Contest,
    *,
    people: str | None = None,
    families: Mapping[str, str] | None = None,
) -> Judges:
    """All figures of the judges of a contest.

    Args:
        reader: of the same warehouse or snapshot; its votes are what people said.
        contest: of the board.
        people: name of a board of people; None: no comparison of ranks.
        families: model → family, over what its name says.
    """
    games = contest.games
    names = {*games["model"], *games["baseline"], *games["judge"]}
    of_names = {name: family_of(name, families) for name in names}
    votes = reader.read("select prompt_id, model_a, model_b, winner from human_votes where prompt_id is not null")
    own = own_family_preference(games, of_names).rename(
        {"count_games": "count_games_of_family", "lower": "preference_lower", "upper": "preference_upper"}
    )
    said = agreement_with_people(games, votes).rename(
        {
            "count_compared": "count_votes_compared",
            "share_agree": "share_agree_people",
            "share_agree_decided": "share_agree_people_decided",
            "count_both_decisive": "count_votes_decided",
            "kappa": "kappa_people",
        }
    )
    each = judge_bias(games)
    for more in (own, said, _ranks(reader, contest, people)):
        each = each.join(more, on="judge", how="left", maintain_order="left")
    return Judges(each, judges_agreement(games), fleiss(games))


def _ranks(reader: Reader, contest: Contest, people: str | None) -> pl.DataFrame:
    """How each judge alone would order the models, against people's order."""
    schema = {"judge": pl.String, "count_models_people": pl.Int64, "spearman_people": pl.Float64}
    if people is None:
        return pl.DataFrame(schema=schema)
    try:
        board_of_people = read_people(reader, people).select("model", "score").drop_nulls()
    except UsageError:
        return pl.DataFrame(schema=schema)
    settings = replace(contest.settings, styles=())  # people's ranks are of the plain answers
    rows = []
    for (judge,), games in contest.games.group_by("judge", maintain_order=True):
        board = fit_games(games, settings, baseline=contest.baseline, canaries=contest.canaries)
        ours = board.rows.filter("is_ranked").select("model", score="win_rate").drop_nulls()
        rows.append((judge, *rank_agreement(ours, board_of_people)))
    return pl.DataFrame(rows, schema=schema, orient="row")
