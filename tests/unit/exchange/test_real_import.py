"""The published data, imported whole: 95,408 real verdicts, then the 500 questions and 1,500 answers they are about."""

import time
from pathlib import Path
from typing import Any

import pytest

from benchbuilder.boards import Contest, read_contest
from benchbuilder.exchange.arena_hard import Imported, import_arena_hard
from benchbuilder.judges import examine_judges
from benchbuilder.warehouse import Warehouse
from tests.unit.exchange.conftest import SEEN_OF_A_ROW, NewState

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def warehouse(new_state: NewState) -> Warehouse:
    """One for all of these tests."""
    return new_state("real")


@pytest.fixture(scope="module")
def verdicts(warehouse: Warehouse, shared_data: Path) -> Imported:
    """The table of verdicts, imported."""
    return import_arena_hard(warehouse, shared_data / "verdicts" / "gpt4o_screenshots.jsonl")


@pytest.fixture(scope="module")
def contest(verdicts: Imported) -> Contest:
    """All judgments of its board."""
    return read_contest(verdicts.snapshot)


@pytest.fixture(scope="module")
def texts(warehouse: Warehouse, verdicts: Imported, shared_data: Path) -> Imported:
    """The folder with the questions and three models' answers, imported after the verdicts."""
    assert verdicts.benchmark_id
    return import_arena_hard(warehouse, shared_data / "arena-hard-v0.1")


def test_the_board_of_96_models(verdicts: Imported, contest: Contest) -> None:
    """97 rows with the baseline; what is unreadable is counted and not scored, and costs one model its rank."""
    assert verdicts.counts == {"imported_judgments": 95_408}
    assert verdicts.count_rejected == 0
    rows = contest.fit().rows
    assert rows.height == 97
    assert (rows["model"][95], rows["rank_low"][95], rows["rank_high"][95]) == ("Meta-Llama-3.1-8B", 96, 96)
    (unranked,) = rows.filter(~rows["is_ranked"]).rows(named=True)
    assert (unranked["model"], unranked["reason"]) == ("Phi-3-small-8k-instruct", "not ranked: 4 % read")
    assert (unranked["count_judgments"], unranked["win_rate"]) == (42, pytest.approx(0.177, abs=5e-4))
    stored = verdicts.snapshot.read("select count_judgments, share_readable from leaderboards")
    assert stored.rows() == [(95_408 - 1_103, pytest.approx(1 - 1_103 / 95_408))]
    mart = verdicts.snapshot.read(f"select {', '.join(SEEN_OF_A_ROW)} from board")  # noqa: S608 - our own names
    assert mart.rows() == rows.select(SEEN_OF_A_ROW).rows()


def test_the_judge(verdicts: Imported, contest: Contest) -> None:
    """Its habits are those that the file shows when it is read without a warehouse."""
    row: dict[str, Any] = examine_judges(verdicts.snapshot, contest).each.row(0, named=True)
    assert (row["count_judgments"], row["count_unreadable"]) == (95_408, 1_103)
    assert row["share_first_wins"] == pytest.approx(0.6710, abs=5e-5)
    assert row["share_orders_agree"] == pytest.approx(0.5851, abs=5e-5)
    assert row["share_ties"] == pytest.approx(3_270 / 94_305)
    assert (row["share_first_lower"], row["share_first_upper"]) == (
        pytest.approx(0.66026, abs=5e-5),
        pytest.approx(0.68173, abs=5e-5),
    )
    assert (row["count_both_decisive"], row["count_flips"]) == (44_143, 16_871)


def test_texts_attach_to_the_version_of_the_verdicts(verdicts: Imported, texts: Imported) -> None:
    """The references meet: the same version has 500 texts and topics, 1,500 answers and the same numbers as before."""
    assert texts.benchmark_id == verdicts.benchmark_id
    assert texts.counts == {"imported_questions": 500, "given_answers": 1_500}
    known = texts.snapshot.read("select count(*), count(text), count(distinct topic_id) from benchmark_questions")
    assert known.rows() == [(500, 500, 250)]
    asked = "semi join benchmark_questions using (question_ref)"
    answers = texts.snapshot.read(f"select model, count(*) from all_answers {asked} group by all order by all")  # noqa: S608
    models = ("gpt-3.5-turbo-0125", "gpt-4-0314", "gpt-4-0613")
    assert answers.rows() == [(model, 500) for model in models]
    contest = read_contest(texts.snapshot)
    assert contest.games["topic_id"].null_count() == 0
    assert contest.fit().rows.rows() == read_contest(verdicts.snapshot).fit().rows.rows()


def test_the_same_data_again_change_nothing(warehouse: Warehouse, texts: Imported, shared_data: Path) -> None:
    """No new row, the same snapshot."""
    again = import_arena_hard(warehouse, shared_data / "arena-hard-v0.1")
    assert (sum(again.counts.values()), again.count_known) == (0, 2_000)
    assert again.snapshot.path == texts.snapshot.path


def test_a_board_is_there_within_seconds(texts: Imported) -> None:
    """From the snapshot, with topics and answers in it, to a fitted board of 97 rows."""
    read_contest(texts.snapshot).fit()
    begin = time.process_time()
    board = read_contest(texts.snapshot).fit()
    assert time.process_time() - begin < 5
    assert board.rows.height == 97
