"""A small benchmark by rule, in every layout that imports know: the same verdicts as judgments, verdicts and battles.

Sixteen questions of two topics, three models of which one stands out and two are alike, one that half of is unreadable,
one baseline and another one, two judges. What a judge says depends on the names alone, so every layout tells the same.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchbuilder.judging.verdict import Verdict
from tests.fakes.hashing import unit

BASE, OTHER_BASE = "base", "other-base"
MODELS = ("able", "even-1", "even-2")
MUTE = "mute"  # every second game of it is unreadable
JUDGES = ("owl", "org/heron")
QUESTIONS = tuple(f"q{number:02}" for number in range(16))
TOPICS = {question: "Sums" if number < 10 else "Rhymes" for number, question in enumerate(QUESTIONS)}

_SKILL = {"able": 0.32, "even-1": 0.0, "even-2": -0.01, MUTE: -0.05, OTHER_BASE: 0.05, BASE: 0.0}
_STEPS = ((0.35, Verdict.A_MUCH_BETTER), (0.1, Verdict.A_BETTER), (-0.1, Verdict.TIE), (-0.35, Verdict.B_BETTER))
_WINNERS = {">": "model_a", "=": "tie", "<": "model_b"}

Record = dict[str, Any]


class Game(NamedTuple):
    """One game as the judge saw it: in `score`, A is what was shown first; None cannot be read."""

    question: str
    model: str
    baseline: str
    judge: str
    baseline_first: bool
    score: str | None


def games(
    models: Iterable[str] = MODELS,
    *,
    baseline: str = BASE,
    judges: Iterable[str] = JUDGES,
    questions: Iterable[str] = QUESTIONS,
) -> list[Game]:
    """Both orders of every question, model and judge."""
    return [
        Game(
            question, model, baseline, judge, baseline_first, score_of(question, model, baseline, judge, baseline_first)
        )
        for judge in judges
        for model in models
        for question in questions
        for baseline_first in (True, False)
    ]


def score_of(question: str, model: str, baseline: str, judge: str, baseline_first: bool) -> str | None:  # noqa: FBT001
    """The game's noise is shared by both orders and mostly by the judges; the first shown has an advantage."""
    if model == MUTE and not baseline_first:
        return None
    noise = unit("game", question, model, baseline) - 0.5 + 0.5 * (unit("judge", judge, question, model) - 0.5)
    of_model = _SKILL.get(model, 0.0) - _SKILL.get(baseline, 0.0) + noise
    of_first = (-of_model if baseline_first else of_model) + 0.08
    return str(next((step for least, step in _STEPS if of_first > least), Verdict.B_MUCH_BETTER))


def answer_of(model: str, question: str) -> str:
    """Some are long and have Markdown, so that there is a style to hold equal."""
    sentence = f"{model} says that {question} is {TOPICS.get(question, 'nothing')}."
    times = 1 + int(6 * unit("length", model, question))
    worn = [mark for mark in ("## Why", "- because", "This is **so**.") if unit(mark, model, question) < 1 / 2]
    return "\n\n".join([" ".join([sentence] * times), *worn])


def text_of(question: str) -> str:
    """What was asked."""
    return f"Tell me all that is worth knowing about the case {question}."


def write_lines(path: Path, records: Iterable[Record]) -> Path:
    """JSON lines, in a folder that is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def write_v01(folder: Path, played: Sequence[Game], *, parts: str = "qaj") -> Path:
    """The layout of v0.1, whose judgments do not name their baseline; parts: questions, answers, judgments."""
    if "q" in parts:
        turns = ([{"content": text_of(question)}] for question in TOPICS)
        write_lines(
            folder / "question.jsonl",
            (
                {"question_id": question, "category": "arena-hard-v0.1", "cluster": topic, "turns": turn}
                for (question, topic), turn in zip(TOPICS.items(), turns, strict=True)
            ),
        )
    for model in _players(played) if "a" in parts else ():
        write_lines(folder / "model_answer" / f"{model}.jsonl", _answers_v01(model))
    if "j" in parts:
        _write_judgments(folder, played, "question_id", lambda game: {"judgment": f"[[{game.score}]]"}, {})
    return folder


def write_v20(folder: Path, played: Sequence[Game], *, parts: str = "qaj") -> Path:
    """The layout of v2.0; parts: questions, answers, judgments."""
    if "q" in parts:
        write_lines(
            folder / "question.jsonl",
            (
                {"uid": question, "category": "hard_prompt", "subcategory": topic, "prompt": text_of(question)}
                for question, topic in TOPICS.items()
            ),
        )
    for model in _players(played) if "a" in parts else ():
        write_lines(folder / "model_answer" / f"{model}.jsonl", _answers_v20(model))
    if "j" in parts:
        named = {"category": "hard_prompt", "baseline": None}
        _write_judgments(folder, played, "uid", lambda game: {"judgment": {"answer": f"[[{game.score}]]"}}, named)
    return folder


def write_verdicts(path: Path, played: Sequence[Game]) -> Path:
    """A table of verdicts: a row per question, pair and judge."""
    return write_lines(
        path,
        (
            {
                "question_id": first.question,
                "model": first.model,
                "baseline": first.baseline,
                "judge": first.judge,
                "game1": first.score,
                "game2": second.score,
            }
            for first, second in _pairs(played)
        ),
    )


def write_battles(path: Path, played: Sequence[Game]) -> Path:
    """As arena-hard-auto makes them of one judge's verdicts: model_a is the baseline, strong rows come three times."""
    return write_lines(path, (row for pair in _pairs(played) for game in pair for row in _battles(game)))


def _battles(game: Game) -> Iterator[Record]:
    if game.score is None:
        return
    of_baseline = game.score if game.baseline_first else str(Verdict(game.score).flip())
    sign = "=" if "=" in of_baseline else ">" if of_baseline.startswith("A") else "<"
    row = {"question_id": game.question, "model_a": game.baseline, "model_b": game.model, "winner": _WINNERS[sign]}
    yield from [row] * (3 if ">>" in of_baseline else 1)


def _pairs(played: Sequence[Game]) -> Iterator[tuple[Game, Game]]:
    """The two orders of each question, pair and judge; the baseline first comes first."""
    by_key: dict[tuple[str, ...], dict[bool, Game]] = {}
    for game in played:
        by_key.setdefault((game.judge, game.model, game.question, game.baseline), {})[game.baseline_first] = game
    for orders in by_key.values():
        yield orders[True], orders[False]


def _players(played: Iterable[Game]) -> list[str]:
    return sorted({name for game in played for name in (game.model, game.baseline)})


def _answers_v01(model: str) -> Iterator[Record]:
    for question in TOPICS:
        choice = {"index": 0, "turns": [{"content": answer_of(model, question)}]}
        yield {"question_id": question, "answer_id": f"{model} {question}", "model_id": model, "choices": [choice]}


def _answers_v20(model: str) -> Iterator[Record]:
    for question in TOPICS:
        said = {"role": "assistant", "content": {"answer": answer_of(model, question)}}
        asked = {"role": "user", "content": text_of(question)}
        yield {"uid": question, "ans_id": f"{model} {question}", "model": model, "messages": [asked, said]}


def _write_judgments(folder: Path, played: Sequence[Game], key: str, judged: Any, named: Record) -> None:
    by_file: dict[tuple[str, str], list[tuple[Game, Game]]] = {}
    for pair in _pairs(played):
        by_file.setdefault((pair[0].judge, pair[0].model), []).append(pair)
    for (judge, model), pairs in by_file.items():
        records = (
            {
                key: first.question,
                "judge": judge,
                "model": model,
                **{name: value or first.baseline for name, value in named.items()},
                "games": [{"score": game.score, "prompt": None, **judged(game)} for game in (first, second)],
            }
            for first, second in pairs
        )
        write_lines(folder / "model_judgment" / judge / f"{model}.jsonl", records)
