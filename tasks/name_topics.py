"""Name the topics that have no name yet; one that survives a clustering keeps its own, and costs nothing again."""

from datetime import UTC, datetime
from typing import Any

from benchbuilder.asking.topic_names import plan_topic_names
from benchbuilder.errors import Unparsable
from benchbuilder.ledger import Counted, Ledger, Settled
from benchbuilder.llm.requests import Request
from benchbuilder.schemas import frame_of
from benchbuilder.topics.naming import PARSER_VERSION, parse_topic_name
from tasks import ProgressArtifact, Run, plain_step


@plain_step("name topics")
async def name_topics(run: Run) -> str:
    """Ask the namer about each new topic. A topic without a name is shown by its keywords.

    Raises:
        EndpointError: the namer cannot be asked.
        IncompleteError: some calls failed; a later run asks again.
    """
    namer = run.settings.namer.model
    async with run.warehouse.named_lock(f"name_topics-{namer}").hold_async():
        requests = plan_topic_names(run.warehouse, run.settings)
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
