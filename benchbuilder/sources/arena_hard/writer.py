"""Writes questions, answers and judgments in the v2.0 layout of arena-hard-auto, so that its show_result reads them.

What the layout has no place for stands in a game under the key `benchbuilder`, see `games`:

- A pair of games of which one was never asked for: the layout wants both, so the other is written without a score and
  marked `is_asked: false`. show_result then leaves the pair out, as it does with every pair that has a null score.
- Games whose order is not known stand one after the other, in order of replicate, and are marked `is_order_known:
  false`. The score of every second one is turned round, since the layout shows the model first there.
- Reasons of unreadable verdicts other than `no_verdict` (a null score) and `missing` (a null game).
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from benchbuilder.errors import SourceError
from benchbuilder.judging.verdict import Verdict
from benchbuilder.sources.arena_hard.file_names import file_names_of
from benchbuilder.sources.arena_hard.games import IS_ASKED, IS_ORDER_KNOWN, MISSING_GAME, NO_VERDICT, OWN_KEY, REASON
from benchbuilder.sources.arena_hard.locating import ANSWER_FOLDER, BATTLES_FILE, JUDGMENT_FOLDER, QUESTION_FILE
from benchbuilder.sources.arena_hard.markdown_split import split_counts
from benchbuilder.text import count_markdown, count_tokens, digest_of

DEFAULT_CATEGORY = "hard_prompt"  # the one that show_result takes unless told otherwise
LENGTH_ANSWER_ID = 22
_NOT_ASKED = {"score": None, "judgment": None, "prompt": None, OWN_KEY: {IS_ASKED: False}}
_RECORD = ("question_ref", "baseline", "is_order_known", "copy")

Row = dict[str, Any]


def _question_records(questions: pl.DataFrame) -> Iterator[Row]:
    for row in questions.drop_nulls("text").iter_rows(named=True):
        yield {
            "uid": row["question_ref"],
            "category": row["category"] or DEFAULT_CATEGORY,
            "subcategory": row["topic"],
            "prompt": row["text"],
        }


def _metadata_of(row: Row) -> Row:
    """Counts as they are known, and counted where they are not."""
    text = row["text"]
    counted = count_markdown(text)
    known = {
        "header_count": row["count_headers"],
        "list_count": row["count_lists"],
        "bold_count": row["count_bold"],
    }
    totals = {key: own if count is None else count for (key, count), own in zip(known.items(), counted, strict=True)}
    tokens = count_tokens(text) if row["count_tokens"] is None else row["count_tokens"]
    return {"token_len": tokens, **split_counts(text, totals)}


def _answer_records(rows: Iterable[Row], prompts: Mapping[str, str]) -> Iterator[Row]:
    for row in rows:
        prompt = prompts.get(row["question_ref"])
        asked = [] if prompt is None else [{"role": "user", "content": prompt}]
        identity = [row["question_ref"], row["model"], row["text"]]
        yield {
            "uid": row["question_ref"],
            "ans_id": digest_of(identity)[:LENGTH_ANSWER_ID],
            "model": row["model"],
            "messages": [*asked, {"role": "assistant", "content": {"answer": row["text"]}}],
            "metadata": _metadata_of(row),
        }


def _with_places(judgments: pl.DataFrame) -> pl.DataFrame:
    """`judgments` with each game's place among the games of its record, sorted by file, record and place.

    A game that comes twice goes into a second record (`copy`).
    """
    known = pl.col("is_order_known") & pl.col("baseline_first").is_not_null()
    pair = 2 * pl.col("replicate") + pl.when("baseline_first").then(0).otherwise(1)
    placed = judgments.with_columns(known.alias("is_order_known")).with_columns(
        pl.when("is_order_known").then(pair).otherwise("replicate").alias("place")
    )
    game = ("judge", "model", "question_ref", "baseline", "is_order_known", "place")
    placed = placed.with_columns(pl.int_range(pl.len()).over(game).alias("copy"))
    return placed.sort("judge", "model", "question_ref", "baseline", "is_order_known", "copy", "place")


def _score_of(row: Row) -> str | None:
    """The verdict from what the layout shows first at this place."""
    if row["verdict"] is None or row["is_order_known"]:
        return row["verdict"]
    is_turned = (row["baseline_first"] is False) != (row["place"] % 2 == 1)
    return str(Verdict(row["verdict"]).flip()) if is_turned else row["verdict"]


def _game_of(row: Row) -> Row | None:
    own: Row = {} if row["is_order_known"] else {IS_ORDER_KNOWN: False}
    if row["verdict"] is None and row["reason"] not in {None, NO_VERDICT}:
        if row["reason"] == MISSING_GAME and row["judge_text"] is None and not own:
            return None
        own[REASON] = row["reason"]
    game = {"score": _score_of(row), "judgment": {"answer": row["judge_text"]}, "prompt": None}
    return game | ({OWN_KEY: own} if own else {})


def _games_of(rows: list[Row]) -> list[Row | None]:
    """The games of one record, each at its place, and always whole pairs."""
    games: list[Row | None] = [_NOT_ASKED] * (rows[-1]["place"] // 2 * 2 + 2)
    for row in rows:
        games[row["place"]] = _game_of(row)
    return games


def _judgment_records(rows: Iterable[Row], categories: Mapping[str, str | None]) -> Iterator[Row]:
    for _, group in groupby(rows, key=lambda row: tuple(row[name] for name in _RECORD)):
        games = list(group)
        first = games[0]
        yield {
            "uid": first["question_ref"],
            "category": categories.get(first["question_ref"]) or DEFAULT_CATEGORY,
            "judge": first["judge"],
            "model": first["model"],
            "baseline": first["baseline"],
            "games": _games_of(games),
        }


def _write_lines(path: Path, records: Iterable[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)
    return path


def _write_answers(folder: Path, answers: pl.DataFrame, prompts: Mapping[str, str]) -> Iterator[Path]:
    names = file_names_of(answers["model"])
    rows = answers.drop_nulls("text").sort("model", "question_ref", maintain_order=True).iter_rows(named=True)
    for model, group in groupby(rows, key=lambda row: row["model"]):
        yield _write_lines(folder / ANSWER_FOLDER / f"{names[model]}.jsonl", _answer_records(group, prompts))


def _write_judgments(folder: Path, judgments: pl.DataFrame, categories: Mapping[str, str | None]) -> Iterator[Path]:
    judges, models = file_names_of(judgments["judge"]), file_names_of(judgments["model"])
    rows = _with_places(judgments).iter_rows(named=True)
    for (judge, model), group in groupby(rows, key=lambda row: (row["judge"], row["model"])):
        path = folder / JUDGMENT_FOLDER / judges[judge] / f"{models[model]}.jsonl"
        yield _write_lines(path, _judgment_records(group, categories))


def _write_into(
    folder: Path, questions: pl.DataFrame, answers: pl.DataFrame, judgments: pl.DataFrame
) -> Iterator[Path]:
    refs = questions["question_ref"]
    prompts = {ref: text for ref, text in zip(refs, questions["text"], strict=True) if text is not None}
    if prompts:
        yield _write_lines(folder / QUESTION_FILE, _question_records(questions))
    yield from _write_answers(folder, answers, prompts)
    yield from _write_judgments(folder, judgments, dict(zip(refs, questions["category"], strict=True)))


def _refuse_if_used(folder: Path) -> None:
    names = (QUESTION_FILE, ANSWER_FOLDER, JUDGMENT_FOLDER, BATTLES_FILE)
    if there := [name for name in names if (folder / name).exists()]:
        raise SourceError(f"{folder}: already holds {', '.join(there)}; export into another folder")


def _write_aside(folder: Path, questions: pl.DataFrame, answers: pl.DataFrame, judgments: pl.DataFrame) -> list[Path]:
    """Write everything into a hidden folder inside `folder`, then move it to where it belongs."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
    try:
        written = [path.relative_to(aside) for path in _write_into(aside, questions, answers, judgments)]
        _refuse_if_used(folder)
        for path in sorted(aside.iterdir()):
            path.rename(folder / path.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [folder / path for path in written]


def write_arena_hard(
    folder: Path, questions: pl.DataFrame, answers: pl.DataFrame, judgments: pl.DataFrame
) -> list[Path]:
    """Write question.jsonl, model_answer/MODEL.jsonl and model_judgment/JUDGE/MODEL.jsonl.

    File names are made safe where names of models or judges are not; the true names stand in the records. A question
    without a text has no place in question.jsonl, but its category stands in its judgments. A null category is written
    as `hard_prompt`; prompts that a judge was shown are not kept, so `prompt` is null in every game.

    Args:
        folder: made where it is absent; must not hold such files yet.
        questions: frame of `QUESTION_SCHEMA`; texts may be null.
        answers: frame of `ANSWER_SCHEMA`; counts that are null are counted, an answer without a text is left out.
        judgments: frame of `JUDGMENT_SCHEMA`; in `verdict`, A is what was shown first.

    Returns:
        The files written, questions first.

    Raises:
        SourceError: the folder holds such files already, or cannot be written; nothing is moved there before all of it
            is written.
    """
    try:
        _refuse_if_used(folder)
        return _write_aside(folder, questions, answers, judgments)
    except OSError as error:
        raise SourceError(f"{folder}: cannot be written: {error}") from error
