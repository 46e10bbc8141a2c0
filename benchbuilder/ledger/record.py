"""What was paid, on record: spooled at once, appended to the warehouse now and then."""

import logging
import math
import time
from collections.abc import Sequence

import orjson

from benchbuilder.llm.requests import Completion
from benchbuilder.llm.spool import Spool, left_behind
from benchbuilder.schemas import RELATIONS, frame_of
from benchbuilder.warehouse import Warehouse, Writer

_logger = logging.getLogger("benchbuilder.ledger")
_APPEND_AFTER_CALLS = 2_000  # an append takes a tenth of a second, nearly whatever its size
_VECTORS_LIKE_A_CALL = 8  # so many more count as one call more: what is pending is held in memory
_APPEND_AFTER_SECONDS = 20.0


class Record:
    """The spool of one run and its way into the warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._spool: Spool | None = None
        self._count_pending = 0
        self._appended_at = time.monotonic()

    def put(self, completion: Completion) -> None:
        """Spool first; append when many are pending, or for long."""
        if self._spool is None:
            self._spool = Spool(self._warehouse.state_dir / "spool")
        self._spool.write(completion)
        self._count_pending += 1 + len(completion.vectors) // _VECTORS_LIKE_A_CALL
        is_late = time.monotonic() - self._appended_at > _APPEND_AFTER_SECONDS
        if is_late or self._count_pending >= _APPEND_AFTER_CALLS:
            self.append_pending()

    @property
    def pending(self) -> Sequence[Completion]:
        """What is paid and not in the warehouse yet, in the order in which it came."""
        return self._spool.pending if self._spool else ()

    def append_pending(self) -> None:
        """All that is only in the spool goes into the warehouse."""
        if self._spool and self._spool.pending:
            with self._warehouse.write() as writer:
                _append(writer, self._spool.pending)
            self._spool.clear()
        self._count_pending = 0
        self._appended_at = time.monotonic()

    def close(self) -> None:
        """Append what is pending; the spool keeps what cannot be appended for the next run."""
        try:
            self.append_pending()
        finally:
            if self._spool:
                self._spool.close()

    def merge(self) -> None:
        """Append what runs that are over had paid for and could not append."""
        with left_behind(self._warehouse.state_dir / "spool") as files:
            if not files:
                return
            with self._warehouse.write() as writer:
                for file in files:
                    _append(writer, file.completions)
            for file in files:
                file.path.unlink(missing_ok=True)
                _logger.info("merged %d calls that an earlier run had paid for", len(file.completions))


def _append(writer: Writer, completions: Sequence[Completion]) -> None:
    """Rows of `completions`, and of `embeddings` for the calls that brought vectors."""
    columns = RELATIONS["completions"].column_names()
    rows = [{name: getattr(completion, name) for name in columns} for completion in completions]
    for row in rows:
        row["logprobs"] = orjson.dumps(row["logprobs"]).decode() if row["logprobs"] else None
    writer.append("completions", frame_of("completions", rows))
    vectors = [
        {
            "prompt_id": prompt_id,
            "embedder": completion.model,
            "revision": completion.revision,
            "vector": _of_length_one(vector),
            "request_key": completion.request_key,
            "embedded_at": completion.completed_at,
        }
        for completion in completions
        for prompt_id, vector in zip(completion.prompt_ids, completion.vectors, strict=False)
    ]
    if vectors:
        writer.append("embeddings", frame_of("embeddings", vectors))


def _of_length_one(vector: Sequence[float]) -> list[float]:
    length = math.hypot(*vector)
    return [number / length for number in vector]
