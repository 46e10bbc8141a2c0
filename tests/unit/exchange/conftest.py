"""State folders that are made in no time, a way to see whether anything changed, and a version that was built here."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchbuilder.boards import Provenance, Reader, append_board, read_contest
from benchbuilder.rating.board_of_games import fit_games
from benchbuilder.schemas import RELATIONS, frame_of
from benchbuilder.text import prompt_id_of
from benchbuilder.warehouse import Snapshot, Warehouse, publish_checked
from tests.fakes.small_arena import Game, answer_of, text_of
from tests.sql.conftest import filled

NewState = Callable[[str], Warehouse]

AS_OF = datetime(2026, 3, 1, 4, tzinfo=UTC)
SEEN_OF_A_ROW = ("model", "win_rate", "lower", "upper", "rank_low", "rank_high", "count_judgments", "share_readable")


@pytest.fixture(scope="session")
def _empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Warehouse(tmp_path_factory.mktemp("empty")).path


@pytest.fixture(scope="session")
def new_state(_empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> NewState:
    """`new_state("first")`: an empty warehouse in a folder of its own; copied, because creating one takes a while."""

    def make(name: str) -> Warehouse:
        state_dir = tmp_path_factory.mktemp(name)
        shutil.copyfile(_empty_file, state_dir / "warehouse.duckdb")
        return Warehouse(state_dir)

    return make


def board_rows(reader: Reader, *columns: str, **contest: Any) -> list[tuple[Any, ...]]:
    """The board as it is fitted from what is stored, best first; columns: default `SEEN_OF_A_ROW`."""
    return read_contest(reader, **contest).fit().rows.select(columns or SEEN_OF_A_ROW).rows()


def contents(warehouse: Warehouse) -> dict[str, pl.DataFrame]:
    """Every relation as it is, to be compared with what it is later."""
    with warehouse.write() as writer:
        return {name: writer.read(f"from {name} order by all") for name in RELATIONS}


def has_changed(before: dict[str, pl.DataFrame], after: dict[str, pl.DataFrame]) -> list[str]:
    """The relations that are not as they were."""
    return [name for name, frame in before.items() if not frame.equals(after[name])]


def build_native(
    warehouse: Warehouse,
    played: list[Game],
    *,
    models: list[str] | None = None,
    canaries: dict[str, str] | None = None,
) -> Snapshot:
    """A version, its answers and judgments as nights of ours leave them, with a board over all that was played.

    Args:
        warehouse: to fill.
        played: verdicts; a game that is not there was never judged.
        models: on the board beside those who played.
        canaries: with the reason.
    """
    prompts = {question: prompt_id_of(text_of(question)) for question in sorted({game.question for game in played})}
    baseline = played[0].baseline
    names = sorted({*(models or ()), *(game.model for game in played), baseline})
    judges = sorted({game.judge for game in played})
    relations: dict[str, list[dict[str, Any]]] = {
        "prompts": [{"prompt_id": prompts[question], "text": text_of(question)} for question in prompts],
        "benchmarks": [{"benchmark_id": "b" * 32, "count_questions": len(prompts), "frozen_at": AS_OF}],
        "questions": [
            {"benchmark_id": "b" * 32, "prompt_id": prompt_id, "topic_id": f"t{number % 2}", "topic_name": "A topic"}
            for number, prompt_id in enumerate(prompts.values())
        ],
        "completions": [
            {"request_key": f"{name} {question}", "state": "ok", "text": answer_of(name, question)}
            for name in names
            for question in prompts
        ]
        + [{"request_key": _key(game), "state": "ok", "text": f"Hm. [[{game.score}]]"} for game in played],
        "answers": [
            {
                "prompt_id": prompt_id,
                "model": name,
                "model_digest": f"digest of {name}",
                "request_key": f"{name} {question}",
            }
            for name in names
            for question, prompt_id in prompts.items()
        ],
        "judgments": [
            {
                "request_key": _key(game),
                "parser_version": 1,
                "prompt_id": prompts[game.question],
                "model": game.model,
                "answer_key": f"{game.model} {game.question}",
                "baseline": baseline,
                "baseline_answer_key": f"{baseline} {game.question}",
                "judge": game.judge,
                "judge_digest": f"digest of {game.judge}",
                "baseline_first": game.baseline_first,
                "verdict": game.score,
                "reason": None if game.score else "no_verdict",
            }
            for game in played
        ],
    }
    with warehouse.write() as writer:
        for relation, rows in relations.items():
            writer.append(relation, frame_of(relation, [filled(relation, row) for row in rows]))
        games = writer.read(
            "select games.* exclude (verdict, model_verdict), question_ref as question_id, model_verdict as verdict,"
            " questions.topic_id from games join questions using (question_ref) order by games.request_key"
        )
        planned = dict.fromkeys([name for name in names if name != baseline], len(prompts) * len(judges) * 2)
        board = fit_games(games, baseline=baseline, count_planned=planned, canaries=canaries)
        digests = {name: f"digest of {name}" for name in names}
        judge_digests = {judge: f"digest of {judge}" for judge in judges}
        append_board(writer, board, games, Provenance("b" * 32, digests, judge_digests, 1, AS_OF))
    return publish_checked(warehouse, AS_OF)


def _key(game: Game) -> str:
    return f"{game.judge} {game.model} {game.question} {game.baseline_first}"
