"""Quality of stored boards: which board of people they are compared with, and where the figures are kept."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import polars as pl

from benchbuilder.boards import Reader, read_contest
from benchbuilder.errors import NothingToRunError, UsageError
from benchbuilder.exchange.people import VOTES
from benchbuilder.rating.people import rate_votes
from benchbuilder.rating.quality import Quality, measure_quality
from benchbuilder.schemas import frame_of
from benchbuilder.sources.boards import NORMAL_975
from benchbuilder.text import digest_of, escape_for_message
from benchbuilder.warehouse import Warehouse


def read_people(reader: Reader, people: str) -> pl.DataFrame:
    """A board of people: model, score, lower, upper, mean, variance.

    Args:
        reader: of a warehouse or a snapshot.
        people: name of an imported board, or `votes` for all imported votes.

    Raises:
        UsageError: nothing of that name was imported.
    """
    if people == VOTES:
        board = rate_votes(reader.read("select vote_id, model_a, model_b, winner from human_votes order by vote_id"))
    else:
        board = reader.read(
            "select model, rating as score, lower, upper, mean, variance from human_ratings where people = $people"
            " order by model",
            people=people,
        )
    if board.is_empty():
        raise UsageError(f"people {escape_for_message(people)}: nothing of that name was imported")
    return board


def board_to_compare(rows: pl.DataFrame) -> pl.DataFrame:
    """Our board as `measure_quality` takes it: ranked models; a normal reading of the interval gives the variance.

    Args:
        rows: model, win_rate, lower, upper, is_ranked.
    """
    return rows.filter("is_ranked").select(
        "model",
        score="win_rate",
        lower="lower",
        upper="upper",
        mean="win_rate",
        variance=((pl.col("upper") - pl.col("lower")) / (2 * NORMAL_975)) ** 2,
    )


def append_quality(
    warehouse: Warehouse, benchmark_id: str, *, people: str | None, names: Mapping[str, str] | None = None
) -> str:
    """Measure the newest board of a version and keep the figures.

    Where nothing of these people was imported, or the map of names is ambiguous, separability alone is measured, and
    the headline says so: a night is not lost for it.

    Args:
        warehouse: with boards and people.
        benchmark_id: of the version.
        people: see `read_people`; None: nobody.
        names: our name of a model → the people's, where they differ; either direction.

    Returns:
        The headline, to be printed.
    """
    try:
        contest = read_contest(warehouse, benchmark_id=benchmark_id)
    except NothingToRunError as error:
        return str(error)
    rows = warehouse.read("from leaderboard_rows where leaderboard_id = $id order by model", id=contest.leaderboard_id)
    ours, quality, digest, lack = board_to_compare(rows), None, "", ""
    if people:
        try:
            against = read_people(warehouse, people)
            told = _with_equal_names(names, ours["model"]) if names else None
            quality, digest = measure_quality(ours, against, told), digest_of([against.rows(), told])
        except (UsageError, ValueError) as error:
            people, lack = None, f"; {error}"
    quality = quality or measure_quality(ours, None)
    row = {
        "leaderboard_id": contest.leaderboard_id,
        "people": people or "",
        "people_digest": digest,
        "measured_at": datetime.now(UTC),
    }
    warehouse.append("benchmark_quality", frame_of("benchmark_quality", [row | quality._asdict()]))
    return headline(quality, people) + lack


def _with_equal_names(names: Mapping[str, str], models: Iterable[str]) -> dict[str, str]:
    """The map with the models that it does not speak of, whose names are equal on both boards."""
    spoken_of = {name.casefold() for pair in names.items() for name in pair}
    return {name: name for name in models if name.casefold() not in spoken_of} | dict(names)


def headline(quality: Quality, people: str | None) -> str:
    """One line for people: the paper's figures, under the paper's names."""
    parts = [_percent("separability", quality.separability)]
    if people:
        parts.append(_percent(f"agreement with {escape_for_message(people)}", quality.agreement_paper))
        parts += [
            f"{name} {value:.3f}"
            for name, value in (("Spearman", quality.spearman), ("Brier", quality.brier))
            if value is not None
        ]
    return f"{', '.join(parts)} ({quality.count_models} models; overlap of intervals, as the paper counts)"


def _percent(name: str, share: float | None) -> str:
    return f"{name} unknown" if share is None else f"{name} {share:.1%}"
