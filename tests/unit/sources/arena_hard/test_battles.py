"""benchbuilder.sources.arena_hard.battles: copies of rows are decoded to the games they were made from."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchbuilder.judging.verdict import SCALE, Verdict
from benchbuilder.sources.arena_hard import BATTLES_JUDGE

WINNERS = {"a": "model_a", "b": "model_b", "t": "tie", "x": "tie (bothbad)"}


def battles(winners: str, question: Any = "q", pair: tuple[str, str] = ("base", "newt")) -> list[dict[str, Any]]:
    """One row per letter."""
    return [
        {"question_id": question, "model_a": pair[0], "model_b": pair[1], "winner": WINNERS[letter]}
        for letter in winners
    ]


@pytest.mark.parametrize(
    ("winners", "verdicts"),
    [
        ("b", ["B>A"]),
        ("bb", ["B>A", "B>A"]),
        ("bbb", ["B>>A"]),
        ("bbbb", ["B>A", "B>>A"]),
        ("bbbbbb", ["B>>A", "B>>A"]),
        ("a", ["A>B"]),
        ("aaaa", ["A>>B", "A>B"]),
        ("ba", ["A>B", "B>A"]),
        ("bbba", ["A>B", "B>>A"]),
        ("bababa", ["A>>B", "B>>A"]),
        ("t", ["A=B"]),
        ("tx", ["A=B", "A=B"]),
        ("aaat", ["A>>B", "A=B"]),
        ("xb", ["A=B", "B>A"]),
    ],
)
def test_rows_become_games(winners: str, verdicts: list[str], write: Any, read: Any) -> None:
    """Three copies are one strong verdict; A is model_a, the baseline; the order of two games is that of the scale."""
    reading = read(write("battles.jsonl", *battles(winners)))
    assert reading.judgments.select("verdict", "replicate").rows() == [
        (verdict, replicate) for replicate, verdict in enumerate(verdicts)
    ]
    assert reading.rejections.is_empty()
    [part] = reading.parts
    assert part.count_records == len(winners)


@pytest.mark.parametrize(
    ("winners", "reason"),
    [
        ("bbbbb", "not_two_games"),  # a strong game and two plain ones
        ("bba", "not_two_games"),
        ("ttt", "not_two_games"),  # ties are never strong
        ("aaabbt", "not_two_games"),
        ("bbbbbbb", "too_many_rows"),
        ("aaabbbt", "too_many_rows"),
        ("b" * 40, "too_many_rows"),
    ],
)
def test_rows_that_two_games_cannot_make(winners: str, reason: str, write: Any, read: Any) -> None:
    """All rows of the pair are rejected together, at its first line, and counted; other pairs are read."""
    path = write("battles.jsonl", *battles("b", "other"), *battles(winners))
    reading = read(path)
    rejected = reading.rejections.select("line", "reason", "count_records").rows()
    assert rejected == [(2, reason, len(winners))]
    assert '"question_id":"q"' in reading.rejections["excerpt"][0]
    assert reading.judgments["question_ref"].to_list() == ["other"]


def test_what_a_battle_says(write: Any, read: Any) -> None:
    """model_a is the baseline and counts as shown first, the order is not known, the judge is not named."""
    [row] = read(write("battles.jsonl", *battles("b", question=0))).judgments.rows(named=True)
    assert row == {
        "question_ref": "0",
        "model": "newt",
        "baseline": "base",
        "judge": BATTLES_JUDGE,
        "baseline_first": True,
        "is_order_known": False,
        "replicate": 0,
        "verdict": "B>A",
        "reason": None,
        "judge_text": None,
        "line": 1,
    }


def test_rows_of_a_pair_need_not_stand_together(write: Any, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are counted over the whole file, however it is cut into chunks and parts."""
    monkeypatch.setattr("benchbuilder.sources.arena_hard.battles._CHUNK", 4)
    monkeypatch.setattr("benchbuilder.sources.arena_hard.battles.MAX_RECORDS", 16)
    rows = [row for question in range(10) for row in battles("bbba", question)]
    reading = read(write("battles.jsonl", *rows[::3], *rows[1::3], *battles("bbbbbbb"), *rows[2::3]))
    assert len(reading.parts) > 2
    assert reading.judgments.height == 20
    assert set(reading.judgments.select("replicate", "verdict").rows()) == {(0, "A>B"), (1, "B>>A")}
    assert sum(part.count_records for part in reading.parts) == 47
    assert reading.judgments["line"].to_list() == sorted(reading.judgments["line"])


def test_pairs_are_told_apart_by_question_and_by_both_models(write: Any, read: Any) -> None:
    """The same two models the other way round are another pair."""
    pairs = [("q", ("base", "newt")), ("r", ("base", "newt")), ("q", ("newt", "base")), ("q", ("base", "toad"))]
    rows = [row for question, pair in pairs for row in battles("bb", question, pair)]
    judgments = read(write("battles.jsonl", *rows)).judgments
    assert judgments.height == 8
    assert judgments.select("question_ref", "model", "baseline").unique().height == 4


def test_faulty_rows_do_not_take_their_pair_along(write: Any, read: Any) -> None:
    """Each is rejected by itself; the rest of the pair is decoded."""
    faulty = battles("b")[0] | {"winner": "both"}
    reading = read(write("battles.jsonl", *battles("bb"), faulty, "{", *battles("b")))
    assert reading.rejections.select("line", "reason").rows() == [(3, "unknown_winner"), (4, "broken_json")]
    assert reading.judgments["verdict"].to_list() == ["B>>A"]
    assert [part.count_records for part in reading.parts] == [5]


def test_many_faulty_rows_come_in_parts(write: Any, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a file in which nothing can be read but one row."""
    monkeypatch.setattr("benchbuilder.sources.arena_hard.gathering.MAX_RECORDS", 3)
    monkeypatch.setattr("benchbuilder.sources.arena_hard.reader.MAX_RECORDS", 3)
    reading = read(write("battles.jsonl", *battles("b"), *["{"] * 8))
    assert [part.count_records for part in reading.parts] == [3, 3, 2, 1]
    assert reading.rejections["line"].to_list() == list(range(2, 10))


def test_battles_beside_their_judgments_are_not_counted_twice(v01: Path, write: Any, read: Any) -> None:
    """arena-hard makes this file from the judgments in model_judgment; alone it is read."""
    path = write("small-v0.1/arena_hard_battles.jsonl", *battles("bb"), *battles("a", "r"))
    reading = read(v01)
    assert reading.judgments["judge"].unique().to_list() == ["owl"]
    assert reading.rejections.select("file", "line", "reason", "count_records").rows() == [
        ("small-v0.1/arena_hard_battles.jsonl", 1, "repeats_judgments", 3)
    ]
    assert read(path).judgments.height == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    games=st.dictionaries(
        st.tuples(st.integers(0, 3), st.sampled_from(["newt", "toad"])),
        st.lists(st.sampled_from(SCALE), min_size=1, max_size=2),
        min_size=1,
    ),
    shuffler=st.randoms(use_true_random=False),
)
def test_decoding_undoes_arena_hards_own_copying(
    games: dict[Any, list[Verdict]], shuffler: Any, write: Any, read: Any
) -> None:
    """Any one or two games, copied as it does and shuffled, come back, each with its strength."""
    letters = {Verdict.A_BETTER: "a", Verdict.A_MUCH_BETTER: "aaa", Verdict.TIE: "t"}
    letters |= {Verdict.B_BETTER: "b", Verdict.B_MUCH_BETTER: "bbb"}
    rows = [
        row
        for (question, model), verdicts in games.items()
        for verdict in verdicts
        for row in battles(letters[verdict], question, ("base", model))
    ]
    shuffler.shuffle(rows)
    judgments = read(write("battles.jsonl", *rows)).judgments
    expected = {
        (str(question), model, replicate, str(verdict))
        for (question, model), verdicts in games.items()
        for replicate, verdict in enumerate(sorted(verdicts, key=SCALE.index))
    }
    assert set(judgments.select("question_ref", "model", "replicate", "verdict").rows()) == expected
    assert judgments.height == len(expected)
