"""The one exception to append-only: every row about a forgotten prompt goes, and so do the bytes it lay in.

`forgotten_prompts` names them for good. A run that was under way, a spool or an import can still append rows about one;
so they are swept again before each publication.
"""

from collections.abc import Iterator
from typing import NamedTuple

from benchbuilder.schemas import RELATIONS
from benchbuilder.warehouse.warehouse import Warehouse, Writer

# Questions of imported versions are known by a reference of their own.
_REFS = """
    create or replace temp table forgotten_refs as
    select prompt_id as question_ref from forgotten_prompts
    union
    select question_ref from imported_questions semi join forgotten_prompts using (prompt_id)
"""
# Calls say whom they were about; those of older versions are found through what was read from them.
_KEYS = """
    create or replace temp table forgotten_keys as
    select request_key from completions
    where len(prompt_ids) = 1 and prompt_ids[1] in (select prompt_id from forgotten_prompts)
    union
    select unnest(request_keys) from annotations semi join forgotten_prompts using (prompt_id)
    union
    select request_key from answers semi join forgotten_prompts using (prompt_id)
    union
    select request_key from judgments semi join forgotten_prompts using (prompt_id)
"""
_BY_KEY = ("completions", "answer_styles")
_BY_REF = ("given_answers", "imported_judgments", "imported_questions", "questions")
# What repeated a forgotten prompt is curated anew.
_REPETITIONS = "delete from curations where duplicate_of in (select prompt_id from forgotten_prompts)"
# A call about many keeps its reply (vectors stand elsewhere, a topic's name is nobody's text) and loses the one.
_SHARED = """
    update completions
    set prompt_ids = list_filter(prompt_ids, lambda each: not list_contains($ids, each))
    where list_has_any(prompt_ids, $ids)
"""


class Swept(NamedTuple):
    """Rows that went, by relation; relations that lost none are left out."""

    counts: dict[str, int]

    @property
    def count_rows(self) -> int:
        """Of all relations together."""
        return sum(self.counts.values())


def sweep_forgotten(warehouse: Warehouse) -> Swept:
    """Delete every row about a forgotten prompt; the file is rewritten where there was one.

    DuckDB keeps deleted values in the file until their blocks are used again, so the rows alone would not be enough.
    """
    with warehouse.write() as writer:
        ids = writer.read("select prompt_id from forgotten_prompts")["prompt_id"].to_list()
        counts = _sweep(writer, ids) if ids else {}
    swept = Swept({relation: count for relation, count in counts.items() if count})
    if swept.counts:
        warehouse.rewrite()
    return swept


def _sweep(writer: Writer, ids: list[str]) -> dict[str, int]:
    writer.execute(_REFS)
    writer.execute(_KEYS)
    counts = dict.fromkeys(RELATIONS, 0)
    for relation, condition in _conditions():
        counts[relation] += writer.execute(f"delete from {relation} where {condition}")  # noqa: S608 - our own names
    counts["curations"] += writer.execute(_REPETITIONS)
    counts["completions"] += writer.execute(_SHARED, ids=ids)
    return counts


def _conditions() -> Iterator[tuple[str, str]]:
    """Which rows of which relation go: each relation that has a prompt_id, and those known by a call or a reference."""
    for relation in _BY_KEY:
        yield relation, "request_key in (select request_key from forgotten_keys)"
    for relation in _BY_REF:
        yield relation, "question_ref in (select question_ref from forgotten_refs)"
    for relation, schema in RELATIONS.items():
        if "prompt_id" in schema.columns() and relation != "forgotten_prompts":
            yield relation, "prompt_id in (select prompt_id from forgotten_prompts)"
