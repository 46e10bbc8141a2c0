"""The published data of arena-hard, and a table of 47,704 pairs of verdicts, read whole."""

import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchbuilder.sources.arena_hard import write_arena_hard

DATA = Path(__file__).parents[4] / "../shared/data"
VERDICTS = DATA / "verdicts/gpt4o_screenshots.jsonl"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not VERDICTS.exists(), reason="../shared/data is not beside the project"),
]


def test_arena_hard_v01(read: Any) -> None:
    """500 questions of 250 topics, answered by three models; these files hold no counts."""
    reading = read(DATA / "arena-hard-v0.1")
    assert reading.rejections.is_empty()
    assert reading.questions.select("question_ref", "topic").n_unique() == 500
    assert reading.questions["topic"].n_unique() == 250
    models = {"gpt-3.5-turbo-0125", "gpt-4-0314", "gpt-4-0613"}
    assert dict(reading.answers.group_by("model").len().rows()) == dict.fromkeys(models, 500)
    assert set(reading.answers["question_ref"]) == set(reading.questions["question_ref"])


def test_arena_hard_v20(read: Any) -> None:
    """750 questions, 250 of them creative writing."""
    reading = read(DATA / "arena-hard-v2.0")
    assert reading.rejections.is_empty()
    categories = dict(reading.questions.group_by("category").len().rows())
    assert categories == {"hard_prompt": 500, "creative_writing": 250}


def test_verdicts(read: Any) -> None:
    """95,408 judgments, 1,103 of them unreadable and counted, in under 3 seconds of work."""
    begin = time.process_time()
    reading = read(VERDICTS)
    assert time.process_time() - begin < 3
    assert reading.rejections.is_empty()
    assert reading.judgments.height == 2 * 47_704
    assert reading.judgments["verdict"].null_count() == 1_103
    assert set(reading.judgments.filter(pl.col("verdict").is_null())["reason"]) == {"no_verdict"}
    assert reading.judgments["model"].n_unique() == 96
    decided = reading.judgments.filter(pl.col("verdict").str.contains(">"))
    assert decided["verdict"].str.starts_with("A").mean() == pytest.approx(0.6710, abs=5e-5)


def test_the_verdicts_come_back_from_an_export(read: Any, tmp_path: Path) -> None:
    """Every one of them, beside the real questions and answers."""
    questions, answers, *_ = read(DATA / "arena-hard-v0.1")
    judgments = read(VERDICTS).judgments
    paths = write_arena_hard(tmp_path / "x", questions, answers, judgments)
    assert len(paths) == 1 + 3 + 96
    again = read(tmp_path / "x")
    key = ["judge", "model", "question_ref", "baseline_first"]
    assert again.judgments.drop("line").sort(key).equals(judgments.drop("line").sort(key))
    assert again.questions.equals(questions)
    assert (
        again.answers.select("question_ref", "model", "text")
        .sort("model", "question_ref")
        .equals(answers.select("question_ref", "model", "text").sort("model", "question_ref"))
    )
