"""Name the topics that have no name yet; one that survives a clustering keeps its own, and costs nothing again."""

from datetime import UTC, datetime
from typing import Any

from benchbuilder.errors import Unparsable
from benchbuilder.ledger import Counted, Ledger, Settled
from benchbuilder.llm.requests import Request
from benchbuilder.schemas import frame_of
from benchbuilder.topics.naming import PARSER_VERSION, name_values, parse_topic_name
from tasks import ProgressArtifact, Run, plain_step

_COUNT_SAMPLES = 4
_UNNAMED = """
    select
        topics.topic_id,
        any_value(topics.keywords) as keywords,
        list(prompts.text order by topic_members.similarity desc, prompts.prompt_id) as texts
    from topics
    semi join (from clusterings order by clustered_at desc, clustering_id limit 1) as latest using (clustering_id)
    anti join (from topic_names where parser_version >= $parser_version) as named using (topic_id)
    join topic_members using (clustering_id, topic_id)
    join prompts using (prompt_id)
    where not topic_members.is_outlier
    group by topics.topic_id
    order by topics.topic_id
"""


@plain_step("name topics")
async def name_topics(run: Run) -> str:
    """Ask the namer about each new topic. A topic without a name is shown by its keywords.

    Raises:
        EndpointError: the namer cannot be asked.
        IncompleteError: some calls failed; a later run asks again.
    """
    namer = run.settings.namer.model
    async with run.warehouse.named_lock(f"name_topics-{namer}").hold_async():
        unnamed = run.warehouse.read(_UNNAMED, parser_version=PARSER_VERSION)
        requests = {
            topic_id: Request(
                kind="name_topic",
                model=namer,
                revision=run.settings.models[namer].revision,
                values=name_values(keywords, texts[:_COUNT_SAMPLES]),
                sampling=run.settings.sampling_of(namer),
                template="topic_name",
            )
            for topic_id, keywords, texts in unnamed.iter_rows()
        }
        async with Ledger(run.warehouse, run.settings, run.run_id, ProgressArtifact()) as ledger:
            settled = Settled()
            report = await ledger.fulfil("name topics", list(requests.values()), _read, settled.add)
        rows = [
            _row(topic_id, request, settled[request.request_key])
            for topic_id, request in requests.items()
            if request.request_key in settled
        ]
        run.warehouse.append("topic_names", frame_of("topic_names", rows))
    report.check_complete()
    return str(report)


def _read(counted: Counted) -> str | Unparsable:
    return parse_topic_name(counted.text or "")


def _row(topic_id: str, request: Request, counted: Counted) -> dict[str, Any]:
    name = _read(counted)
    return {
        "topic_id": topic_id,
        "name": None if isinstance(name, Unparsable) else name,
        "reason": name.reason if isinstance(name, Unparsable) else None,
        "namer": request.model,
        "request_key": request.request_key,
        "parser_version": PARSER_VERSION,
        "named_at": datetime.now(UTC),
    }
