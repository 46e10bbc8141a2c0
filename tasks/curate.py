"""Curate what has not been curated under the present settings; an earlier accepted prompt stays the representative."""

from datetime import UTC, datetime
from typing import Any

import polars as pl

from benchbuilder.curation.rules import curate as apply_rules
from benchbuilder.text import digest_of
from tasks import Run, cached_step, logger

# A later turn of a conversation says little without what came before it. It waits: somebody may begin with it one day.
_FIRST_TURNS = "from (from prompt_sightings where lowest_turn = 1)"


def _inputs(run: Run) -> Any:
    prompts = run.warehouse.read(f"select count(*), bit_xor(hash(prompt_id)) {_FIRST_TURNS}").row(0)
    return [list(map(str, prompts)), digest_of(run.settings.curation)]


@cached_step(version=3, inputs=_inputs)
async def curate(run: Run) -> dict[str, int]:
    """Accept or reject each prompt once per digest of the curation settings.

    Returns:
        Prompts curated now, by outcome or reason.
    """
    digest = digest_of(run.settings.curation)
    waiting = run.warehouse.read(
        f"select prompt_id, text, count_masked {_FIRST_TURNS} join prompts using (prompt_id)"
        " anti join (from curations where curation_digest = $digest) as curated using (prompt_id)"
        " order by first_seen_at, prompt_id",
        digest=digest,
    )
    accepted = run.warehouse.read(
        "select prompt_id, text from curations join prompts using (prompt_id)"  # an excluded one still has repetitions
        " where curation_digest = $digest and outcome = 'accepted' order by prompt_id",
        digest=digest,
    )
    curated = apply_rules(waiting, accepted, run.settings.curation)
    run.warehouse.append(
        "curations",
        curated.with_columns(curation_digest=pl.lit(digest), curated_at=pl.lit(datetime.now(UTC))),
    )
    counts = dict(
        curated.select(pl.coalesce("reason", "outcome").alias("outcome")).group_by("outcome").len().iter_rows()
    )
    logger.info("curate: %s", ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) or "nothing new")
    return counts
