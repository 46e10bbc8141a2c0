"""The figures that are known of the published benchmarks, recomputed from the files that were released with them."""

from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from benchbuilder.rating.quality import Quality, measure_quality
from benchbuilder.sources.boards import read_board, read_names

FOLDER = Path(__file__).parents[3] / "../shared/data/paper-metrics"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not FOLDER.exists(), reason="../shared/data/paper-metrics is not beside the project"),
]


class Published(NamedTuple):
    """A row of the table: a file, its map, and every digit that is given."""

    board: str
    names: str | None
    separability: str  # percent
    notebook: str
    points: float  # of 177
    spearman: str
    kendall: str
    brier: str
    count_agreeing: int  # confident agreements less confident disagreements, of 177 and of 190: not published, pinned


TABLE = [
    Published("arena_hard", "arena_to_arena_hard", "84.21", ".9040", 160, ".9323", ".8316", ".0705", 143),
    Published("mt_bench", "arena_to_mt_bench", "36.32", ".6949", 123, ".8932", ".7368", ".1008", 69),
    Published("alpaca_LC", "alpaca_to_arena", "87.89", ".8729", 154.5, ".8782", ".7053", ".1347", 132),
    Published("alpaca", "alpaca_to_arena", "71.05", ".7910", 140, ".7579", ".6211", ".1642", 103),
    # Its separability is not published; this is ours.
    Published("20k_votes_elo", None, "73.16", ".8927", 158, ".9820", ".9158", ".0329", 139),
]


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    """The ratings of Chatbot Arena of 29 March 2024."""
    return read_board(FOLDER / "full.leaderboard_table_df.csv")


def measured(row: Published, people: pl.DataFrame) -> Quality:
    """The quality of a benchmark, from its files."""
    board = read_board(FOLDER / f"bootstrap_stats_{row.board}.jsonl")
    return measure_quality(board, people, read_names(FOLDER / f"{row.names}.json") if row.names else None)


def shown(value: float | None) -> str:
    """Four digits, as the table has them."""
    return f"{value:.4f}".removeprefix("0")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.board)
def test_every_digit_of_the_table(row: Published, people: pl.DataFrame) -> None:
    """20 shared models, 190 pairs, of which people separate 177."""
    quality = measured(row, people)
    assert (quality.count_models, quality.count_pairs) == (20, 190)
    assert quality.separability is not None
    assert f"{100 * quality.separability:.2f}" == row.separability
    assert quality.agreement_notebook == row.points / 177
    assert (
        shown(quality.agreement_notebook),
        shown(quality.spearman),
        shown(quality.kendall),
        shown(quality.brier),
    ) == (row.notebook, row.spearman, row.kendall, row.brier)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.board)
def test_the_other_two_agreements(row: Published, people: pl.DataFrame) -> None:
    """The same pairs over another count of pairs."""
    quality = measured(row, people)
    assert quality.agreement_paper == pytest.approx(row.count_agreeing / 190, abs=1e-12)
    assert quality.agreement_blog == pytest.approx(row.count_agreeing / 177, abs=1e-12)


def test_the_arena_itself(people: pl.DataFrame) -> None:
    """It separates 91.58 % of the same 190 pairs; by the rule for agreement, in which a point overlaps nothing, 177."""
    shared = read_board(FOLDER / "bootstrap_stats_20k_votes_elo.jsonl")
    quality = measure_quality(people, shared)
    assert quality.separability is not None
    assert f"{100 * quality.separability:.2f}" == "91.58"
    assert quality.count_pairs == 190
    itself = measure_quality(people, people.join(shared, on="model", how="semi"))
    assert itself.agreement_paper == pytest.approx(177 / 190, abs=1e-12)
    assert itself.agreement_blog == 1


def test_why_the_notebook_prints_another_figure_for_20k_votes(people: pl.DataFrame) -> None:
    """It takes the order from the lower ends: one pair more, .8983; it changes nothing for the benchmarks."""
    for row in TABLE:
        board = read_board(FOLDER / f"bootstrap_stats_{row.board}.jsonl").with_columns(score="lower")
        names = read_names(FOLDER / f"{row.names}.json") if row.names else None
        quality = measure_quality(board, people.with_columns(score="lower"), names)
        assert shown(quality.agreement_notebook) == (".8983" if row.board == "20k_votes_elo" else row.notebook)


def test_the_intervals_of_the_files_are_the_percentiles_of_their_rounds(people: pl.DataFrame) -> None:
    """And the ratings' intervals are those of the file with the rounds, so either file of people gives the same."""
    rounds = read_board(FOLDER / "full.bootstrap_df.csv").sort("model")
    table = people.sort("model")
    assert rounds["model"].equals(table["model"])
    for name in ("lower", "upper"):
        assert (rounds[name] - table[name]).abs().max() == pytest.approx(0, abs=1e-9)
    assert (rounds["variance"] * 100 / 99 - table["variance"]).abs().max() == pytest.approx(0, abs=1e-9)


def test_the_board_of_july_is_read_without_rounds(people: pl.DataFrame) -> None:
    """60 models, 28 of which the arena knows under the same name; variances come from the intervals."""
    board = read_board(FOLDER / "arena_hard_leaderboard_20240731.csv")
    quality = measure_quality(board, people)
    assert board.height == 60
    assert quality.count_models == 28
    assert None not in quality
