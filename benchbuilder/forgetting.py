"""Remove prompts for good: from the warehouse, the spool, what Prefect keeps, old snapshots and their reports.

    name ─► prompts ─► tombstones ─► rows and bytes ─► Prefect's results ─► a new snapshot ─► old ones that held them

Each part can be done twice, and what a kill leaves undone the next call does for every tombstone there is. Out of
reach: copies that somebody took (backups, exports), and the files that the prompts came from.
"""

import shutil
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchbuilder.curation.privacy import mask_reference
from benchbuilder.errors import UsageError, WarehouseError
from benchbuilder.ledger.record import Record
from benchbuilder.publishing import Published, publish
from benchbuilder.schemas import frame_of
from benchbuilder.settings import Settings
from benchbuilder.text import escape_for_message
from benchbuilder.warehouse import Snapshot, Warehouse, sweep_forgotten

IMPORTED = "imported"  # in the place of a source, for questions that were

_BY_REF = """
    select distinct source, prompt_id from (
        select source, prompt_id from sightings
        where list_contains($names, source_ref) or list_contains($names, conversation_ref)
        union all
        select $imported, prompt_id from imported_questions where list_contains($names, question_ref)
    )
    where $source is null or source = $source
"""
_BY_ID = """
    select distinct prompt_id from (
        select prompt_id from prompts union select prompt_id from imported_questions
        union select prompt_id from forgotten_prompts
    )
    where starts_with(prompt_id, $name)
"""
# Near duplicates name the one that they repeat; those of the same one repeat each other.
_NEAR = """
    with heads as (
        select unnest($ids) as prompt_id
        union
        select duplicate_of from curations where prompt_id in (select unnest($ids)) and duplicate_of is not null
    )
    select distinct prompt_id from curations where duplicate_of in (select prompt_id from heads)
    union
    select prompt_id from heads
"""
_VERSIONS = """
    select distinct benchmark_id from questions
    left join imported_questions using (question_ref)
    where questions.prompt_id in (select unnest($ids)) or imported_questions.prompt_id in (select unnest($ids))
    order by benchmark_id
"""
_BOARDS = """
    select leaderboard_id from leaderboards where benchmark_id in (select unnest($ids)) order by leaderboard_id
"""
_HELD = """
    select count(*) from (select prompt_id from prompts union all select prompt_id from imported_questions)
    where prompt_id in (select unnest($ids))
"""


class Touched(NamedTuple):
    """What forgetting some prompts reaches.

    Attributes:
        prompt_ids: sorted.
        near: near duplicates of them that are not among them.
        versions: benchmark_ids of the versions that have one as a question.
        boards: leaderboard_ids of those versions. Their stored figures stay; a board that is fitted anew differs.
    """

    prompt_ids: tuple[str, ...]
    near: tuple[str, ...]
    versions: tuple[str, ...]
    boards: tuple[str, ...]


class Forgotten(NamedTuple):
    """What went.

    Attributes:
        swept: rows by relation.
        published: what readers see from now on.
        removed: names of old snapshots and reports.
        count_running: runs under way; what they still write is swept when they publish.
    """

    swept: dict[str, int]
    published: Published
    removed: tuple[str, ...]
    count_running: int


def find_touched(
    warehouse: Warehouse,
    source_refs: Sequence[str],
    prompt_ids: Sequence[str],
    *,
    source: str | None = None,
    is_near: bool = False,
) -> Touched:
    """The prompts that somebody names, and what they are part of.

    Args:
        warehouse: live.
        source_refs: a record's own id, also that of a conversation (all its turns) or of an imported question.
        prompt_ids: ids, or beginnings that fit one prompt.
        source: that the source_refs are of, `imported` for an import; None where only one has them.
        is_near: their near duplicates as well.

    Raises:
        UsageError: a name fits no prompt, a beginning several, a source_ref several sources.
    """
    found: set[str] = set()
    for name in source_refs:
        found |= _by_ref(warehouse, name, source)
    for name in prompt_ids:
        found |= _by_id(warehouse, name)
    near = _ids(warehouse, _NEAR, found) - found
    if is_near:
        found, near = found | near, set()
    versions = sorted(_ids(warehouse, _VERSIONS, found))
    boards = sorted(_ids(warehouse, _BOARDS, versions))
    return Touched(tuple(sorted(found)), tuple(sorted(near)), tuple(versions), tuple(boards))


def forget(warehouse: Warehouse, settings: Settings, prompt_ids: Sequence[str]) -> Forgotten:
    """Remove these prompts, and whatever is left of those that an earlier call was to remove.

    Raises:
        CheckFailedError: a check of the warehouse found rows; then the prompts are gone, and the old snapshots stay
            until `--finish`.
        StateDirError: the folder cannot be written.
    """
    now = datetime.now(UTC)
    rows = [{"prompt_id": prompt_id, "forgotten_at": now} for prompt_id in prompt_ids]
    warehouse.append("forgotten_prompts", frame_of("forgotten_prompts", rows))
    Record(warehouse).merge()
    swept = sweep_forgotten(warehouse)
    every = warehouse.read("select prompt_id from forgotten_prompts")["prompt_id"].to_list()
    state_dir = warehouse.state_dir
    _drop_bad_lines(state_dir / "spool", every)
    shutil.rmtree(state_dir / "prefect" / "storage", ignore_errors=True)
    published = publish(warehouse, settings, now)
    removed = tuple(_remove_old(state_dir, published.snapshot, every))
    return Forgotten(swept, published, removed, len(list((state_dir / "spool").glob("*.jsonl"))))


def _by_ref(warehouse: Warehouse, name: str, source: str | None) -> set[str]:
    found = warehouse.read(_BY_REF, names=[name, mask_reference(name)], source=source, imported=IMPORTED)
    sources = sorted(found["source"].unique())
    if len(sources) > 1:
        several = ", ".join(map(escape_for_message, sources))
        raise UsageError(f"source_ref {escape_for_message(name)} stands in {several}: say which with --source")
    _check_found("source_ref", name, found.height)
    return set(found["prompt_id"])


def _by_id(warehouse: Warehouse, name: str) -> set[str]:
    found = warehouse.read(_BY_ID, name=name)["prompt_id"].to_list() if name else []
    if len(found) > 1:
        raise UsageError(f"prompt_id {escape_for_message(name)} fits {len(found)} prompts")
    _check_found("prompt_id", name, len(found))
    return set(found)


def _check_found(what: str, name: str, count: int) -> None:
    if not count:
        raise UsageError(
            f"{what} {escape_for_message(name)}: no prompt is known by it;"
            " `benchbuilder forget --finish` ends what was interrupted"
        )


def _ids(warehouse: Warehouse, query: str, ids: Collection[str]) -> set[str]:
    return set(warehouse.read(query, ids=sorted(ids)).to_series()) if ids else set()


def _drop_bad_lines(spool: Path, prompt_ids: Sequence[str]) -> None:
    """Lines that nobody could read may be about anybody; those that name a forgotten prompt go."""
    names = [prompt_id.encode() for prompt_id in prompt_ids]
    for path in spool.glob("*.bad"):
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not any(name in line for name in names)]
        if len(kept) < len(lines):
            partial = path.with_suffix(".partial")
            partial.write_bytes(b"".join(kept))
            partial.chmod(0o600)
            partial.rename(path)


def _remove_old(state_dir: Path, current: Snapshot, prompt_ids: Sequence[str]) -> list[str]:
    """Snapshots that hold one of the prompts or cannot be asked, and the reports made from them."""
    removed = []
    for path in sorted((state_dir / "snapshots").glob("*.duckdb")):
        if path.is_symlink() or path == current.path or not _is_holding(Snapshot(path), prompt_ids):
            continue
        shutil.rmtree(state_dir / "reports" / path.stem, ignore_errors=True)
        path.unlink()
        removed.append(path.name)
    return removed


def _is_holding(snapshot: Snapshot, prompt_ids: Sequence[str]) -> bool:
    try:
        return snapshot.read(_HELD, ids=list(prompt_ids)).item() > 0
    except (UsageError, WarehouseError):  # damaged, or older than one of our relations
        return True
