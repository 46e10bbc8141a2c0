"""Rows about a forgotten prompt go from every relation, and their bytes from the file."""

import secrets
from typing import Any

import pytest

from benchbuilder.schemas import RELATIONS, frame_of
from benchbuilder.warehouse import Warehouse, sweep_forgotten
from tests.sql.conftest import filled
from tests.unit.warehouse.conftest import Prompts

OF_PROMPT = [name for name, schema in RELATIONS.items() if "prompt_id" in schema.columns()]
# What is known by a call or a reference, when `gone` was asked about, and imported as question 7.
BESIDE: dict[str, list[dict[str, Any]]] = {
    "completions": [
        {"request_key": "new call", "prompt_ids": ["gone"]},
        {"request_key": "old call", "prompt_ids": None},
        {"request_key": "other call", "prompt_ids": ["stays"]},
        {"request_key": "call about both", "prompt_ids": ["gone", "stays"], "text": "a name", "thinking": "they say …"},
        {"request_key": "call of two that were cut alike", "prompt_ids": ["gone"], "text": "[1, 2]"},
    ],
    "annotations": [
        {"prompt_id": "gone", "request_keys": ["call of two that were cut alike"]},
        {"prompt_id": "stays", "request_keys": ["call of two that were cut alike"]},
    ],
    "answers": [{"prompt_id": "gone", "request_key": "old call"}],
    "answer_styles": [{"request_key": "old call"}, {"request_key": "other call"}],
    "imported_questions": [{"question_ref": "7", "prompt_id": "gone"}, {"question_ref": "8", "prompt_id": "stays"}],
    "given_answers": [{"question_ref": "7"}, {"question_ref": "gone"}, {"question_ref": "8"}],
    "imported_judgments": [{"question_ref": "7"}, {"question_ref": "8"}],
    "questions": [{"benchmark_id": "imported", "question_ref": "7", "prompt_id": None}],
    "curations": [{"prompt_id": "stays", "curation_digest": "d", "duplicate_of": "gone"}],
}


def fill(warehouse: Warehouse, relation: str, *rows: dict[str, Any]) -> None:
    """Append rows with what they lack filled in."""
    frame = frame_of(relation, [filled(relation, row) for row in rows])
    assert warehouse.append(relation, frame) == frame.height


def forget(warehouse: Warehouse, prompt_id: str) -> dict[str, int]:
    """Name it and sweep; rows that went, by relation."""
    fill(warehouse, "forgotten_prompts", {"prompt_id": prompt_id})
    return sweep_forgotten(warehouse)


@pytest.mark.parametrize("relation", [name for name in OF_PROMPT if name != "forgotten_prompts"])
def test_each_relation_with_a_prompt_loses_it(warehouse: Warehouse, relation: str) -> None:
    """Also one that a later migration adds: the schemas say which have one."""
    other_key = {"request_key": "another"} if relation == "judgments" else {}  # the one whose key has no prompt_id
    fill(warehouse, relation, {"prompt_id": "gone"}, {"prompt_id": "stays"} | other_key)
    assert forget(warehouse, "gone") == {relation: 1}
    left = f"select prompt_id from {relation}"  # noqa: S608 - our own names
    assert warehouse.read(left).rows() == [("stays",)]


def test_what_hangs_on_a_prompt_goes_with_it(warehouse: Warehouse) -> None:
    """Calls, also of the time before they said whom they were about; an import of the same text; what repeated it."""
    for relation, rows in BESIDE.items():
        fill(warehouse, relation, *rows)
    counts = {"answers": 1, "answer_styles": 1, "imported_questions": 1, "given_answers": 2, "imported_judgments": 1}
    assert forget(warehouse, "gone") == counts | {"completions": 4, "annotations": 1, "questions": 1, "curations": 1}
    left = warehouse.read("select request_key, prompt_ids, text, thinking from completions order by request_key").rows()
    assert left == [
        ("call about both", ["stays"], None, None),
        ("call of two that were cut alike", [], "[1, 2]", None),
        ("other call", ["stays"], None, None),
    ]
    assert warehouse.read("select question_ref from imported_questions").rows() == [("8",)]


def test_no_byte_of_it_is_left_in_the_file(warehouse: Warehouse, prompts: Prompts) -> None:
    """A deletion alone leaves the value where it was."""
    secret = secrets.token_hex(24)
    warehouse.append("prompts", prompts("gone", text=secret))
    warehouse.append("prompts", prompts("stays", text="kept words"))
    assert secret.encode() in warehouse.path.read_bytes()
    forget(warehouse, "gone")
    content = warehouse.path.read_bytes()
    assert secret.encode() not in content
    assert b"kept words" in content
    assert [path.name for path in warehouse.state_dir.glob("warehouse*")] == ["warehouse.duckdb"]


def test_a_rejection_of_the_same_record_keeps_no_excerpt(warehouse: Warehouse) -> None:
    """A conversation of which one turn could not be read stands in both, with its beginning."""
    place = {"source": "s", "location": "f.jsonl"}
    fill(warehouse, "sightings", {**place, "line": 7, "prompt_id": "gone"}, {**place, "line": 8, "prompt_id": "stays"})
    fill(warehouse, "rejections", *({**place, "line": line, "excerpt": f"line {line}"} for line in (7, 8, 9)))
    fill(warehouse, "imported_questions", {"prompt_id": "gone", "location": "q.jsonl", "line": 3})
    fill(warehouse, "import_rejections", {"location": "q.jsonl", "line": 3, "excerpt": "a beginning"})
    forget(warehouse, "gone")
    left = warehouse.read("select line, excerpt from rejections order by line").rows()
    assert left == [(7, ""), (8, "line 8"), (9, "line 9")]
    assert warehouse.read("select excerpt from import_rejections").rows() == [("",)]


def test_what_could_not_be_rewritten_is_at_the_next_sweep(
    warehouse: Warehouse, prompts: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, or a kill after the rows went: their bytes are still to go."""
    secret = secrets.token_hex(24)
    warehouse.append("prompts", prompts("gone", text=secret))
    with monkeypatch.context() as patch:
        patch.setattr(Warehouse, "rewrite", lambda _: (_ for _ in ()).throw(OSError("no space left")))
        with pytest.raises(OSError, match="no space"):
            forget(warehouse, "gone")
    assert secret.encode() in warehouse.path.read_bytes()
    assert sweep_forgotten(warehouse) == {}
    assert secret.encode() not in warehouse.path.read_bytes()
    assert not warehouse.read("select is_to_rewrite from warehouse").item()


def test_nothing_is_rewritten_where_nothing_went(warehouse: Warehouse, prompts: Prompts) -> None:
    """Every publication sweeps: it must cost nothing, and Prefect's cache must stay good."""
    warehouse.append("prompts", prompts("stays"))
    before = (warehouse.warehouse_id, warehouse.path.stat().st_ino)
    assert forget(warehouse, "gone") == {}
    assert (Warehouse(warehouse.state_dir).warehouse_id, warehouse.path.stat().st_ino) == before


def test_a_rewritten_warehouse_is_another_one(warehouse: Warehouse, prompts: Prompts) -> None:
    """With the same relations, views and rights, and an id of its own, so that nothing cached of the old one counts."""
    before = warehouse.warehouse_id
    mode = warehouse.path.stat().st_mode
    tables = warehouse.read("select table_name, comment from duckdb_tables() order by all")
    warehouse.append("prompts", prompts("gone"))
    forget(warehouse, "gone")
    assert warehouse.warehouse_id != before
    assert warehouse.path.stat().st_mode == mode
    again = Warehouse(warehouse.state_dir)
    assert again.read("select table_name, comment from duckdb_tables() order by all").equals(tables)
    assert again.read("from funnel").is_empty()
