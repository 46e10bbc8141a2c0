"""The one exception to append-only: every row about a forgotten prompt goes, and so do the bytes it lay in.

`forgotten_prompts` names them for good. A run that was under way, a spool or an import can still append rows about one;
so they are swept again before each publication.
"""

from collections.abc import Iterator

from benchbuilder.schemas import RELATIONS
from benchbuilder.warehouse.warehouse import Warehouse, Writer

# Questions of imported versions are known by a reference of their own.
_REFS = """
    create or replace temp table forgotten_refs as
    select prompt_id as question_ref from forgotten_prompts
    union
    select question_ref from imported_questions semi join forgotten_prompts using (prompt_id)
"""
# Calls say whom they were about; those of older versions are found through what was read from them. Two prompts that
# were cut to the same text share a call: it stays as long as anything was read from it about the other.
_KEYS = """
    create or replace temp table forgotten_keys as
    with readings as (
        select prompt_id, unnest(request_keys) as request_key from annotations
        union all
        select prompt_id, request_key from answers
        union all
        select prompt_id, request_key from judgments
    )
    (
        select request_key from completions
        where len(prompt_ids) = 1 and prompt_ids[1] in (select prompt_id from forgotten_prompts)
        union
        select request_key from readings semi join forgotten_prompts using (prompt_id)
    )
    except
    select request_key from readings anti join forgotten_prompts using (prompt_id)
"""
_BY_KEY = ("completions", "answer_styles")
_BY_REF = ("given_answers", "imported_judgments", "imported_questions", "questions")
# A record that could be read in part stands among the rejections too, with its beginning.
_EXCERPTS = """
    update rejections set excerpt = ''
    where excerpt <> '' and exists (
        from sightings semi join forgotten_prompts using (prompt_id)
        where sightings.source = rejections.source
            and sightings.location = rejections.location and sightings.line = rejections.line
    )
"""
_IMPORT_EXCERPTS = """
    update import_rejections set excerpt = ''
    where excerpt <> '' and exists (
        from imported_questions semi join forgotten_prompts using (prompt_id)
        where imported_questions.location = import_rejections.location
            and imported_questions.line = import_rejections.line
    )
"""
# What repeated a forgotten prompt is curated anew.
_REPETITIONS = "delete from curations where duplicate_of in (select prompt_id from forgotten_prompts)"
# A call about many stays, for what it cost and brought the others; its words may quote the one.
_SHARED = """
    update completions
    set
        prompt_ids = list_filter(prompt_ids, lambda each: not list_contains($ids, each)),
        text = case when len(prompt_ids) = 1 then text end,
        thinking = case when len(prompt_ids) = 1 then thinking end
    where request_key in (
        select request_key
        from (select request_key, unnest(prompt_ids) as prompt_id from completions)
        semi join forgotten_prompts using (prompt_id)
    )
"""
_TO_REWRITE = "update warehouse set is_to_rewrite = true"


def sweep_forgotten(warehouse: Warehouse) -> dict[str, int]:
    """Delete every row about a forgotten prompt; the file is rewritten where there was one.

    DuckDB keeps deleted values in the file until their blocks are used again, so the rows alone would not be enough.
    What is to be rewritten is marked in the same transaction, so that a kill in between leaves it to the next sweep.

    Returns:
        Rows that went or lost what they said, by relation; relations without any are left out.
    """
    with warehouse.write() as writer:
        ids = writer.read("select prompt_id from forgotten_prompts")["prompt_id"].to_list()
        counts = _sweep(writer, ids) if ids else {}
        if any(counts.values()):
            writer.execute(_TO_REWRITE)
        is_to_rewrite = writer.read("select is_to_rewrite from warehouse").item()
    if is_to_rewrite:
        warehouse.rewrite()
    return {relation: count for relation, count in counts.items() if count}


def _sweep(writer: Writer, ids: list[str]) -> dict[str, int]:
    writer.execute(_REFS)
    writer.execute(_KEYS)
    counts = dict.fromkeys(RELATIONS, 0)
    counts["rejections"] += writer.execute(_EXCERPTS)
    counts["import_rejections"] += writer.execute(_IMPORT_EXCERPTS)
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
