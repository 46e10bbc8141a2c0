"""What is asked of a model and what came back.

A `Request` is a value: everything that decides the reply is in it, and its `request_key` is a hash of exactly that. The
address, key, limits, prices and time-outs of an endpoint are not in it, so changing them never asks again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from benchbuilder.prompts import delimiter_of, load_template
from benchbuilder.text import digest_of

Kind = Literal["embed", "name_topic", "annotate", "answer", "judge"]
# Of a sampling: what is ours, or stands elsewhere in the body.
_NOT_SENT = frozenset({"served_model", "system_prompt", "extra_body", "max_input_tokens"})
State = Literal["ok", "truncated", "refused", "api_error"]


@dataclass(frozen=True)
class Request:
    """One call, before it is rendered.

    Attributes:
        kind: which step asks.
        model: the model's name in the settings.
        revision: the owner's word for a checkpoint; changing it asks again.
        values: what is put into the template; of an answer the prompt's text, of an embedding the texts by position.
        sampling: served model id, system prompt, temperature, extra body …: all that shapes the reply.
        template: name of the prompt file, '' where the text is sent as it is.
        replicate: 0 unless the same is asked again on purpose.
        prompt_ids: whom it is about, of an embedding in the order of the texts; not part of the key.
    """

    kind: Kind
    model: str
    revision: str
    values: Mapping[str, str]
    sampling: Mapping[str, Any]
    template: str = ""
    replicate: int = 0
    prompt_ids: tuple[str, ...] = ()

    @property
    def template_sha256(self) -> str:
        """Of the prompt file, '' where there is none."""
        return load_template(self.template).sha256 if self.template else ""

    @cached_property
    def request_key(self) -> str:
        """The sha256 of the canonical JSON of everything that decides the reply."""
        return digest_of(
            {
                "kind": self.kind,
                "model": self.model,
                "revision": self.revision,
                "template": self.template_sha256,
                "values": dict(self.values),
                "sampling": dict(self.sampling),
                "replicate": self.replicate,
            }
        )

    def messages(self) -> list[dict[str, str]]:
        """The chat messages: the template filled in, or the prompt as it is; the model's system prompt comes first."""
        if self.template:
            about = self.values.get("prompt", "\n".join(self.values.values()))
            messages = load_template(self.template).render(self.values, delimiter=delimiter_of(about))
        else:
            messages = [{"role": "user", "content": self.values["prompt"]}]
        system_prompt = self.sampling.get("system_prompt")
        return [{"role": "system", "content": system_prompt}, *messages] if system_prompt else messages

    def chat_body(self) -> dict[str, Any]:
        """The JSON of a chat call as it is sent; what the model's extra_body says stands over all."""
        sampling = {name: value for name, value in self.sampling.items() if name not in _NOT_SENT}
        return {"model": self.sampling["served_model"], "messages": self.messages(), **sampling, **self._extra_body()}

    def embedding_body(self, texts: Sequence[str]) -> dict[str, Any]:
        """The same of an embedding call, for texts that were cut to what the embedder takes."""
        model = self.sampling["served_model"]
        return {"model": model, "input": texts, "encoding_format": "float", **self._extra_body()}

    def _extra_body(self) -> Mapping[str, Any]:
        return self.sampling.get("extra_body") or {}


@dataclass(frozen=True)
class Completion:
    """One attempt at one request: a row of `completions`, and the vectors of an embedding call.

    Attributes:
        logprobs: token to natural log-probability, of the first token of the reply.
        vectors: of an embedding call, one per text.
        prompt_ids: of the request; whose vectors they are.
    """

    request_key: str
    kind: str
    model: str
    revision: str
    template: str
    template_sha256: str
    state: State
    completed_at: datetime
    run_id: str
    attempt: int = 0
    reason: str | None = None
    text: str | None = None
    thinking: str | None = None
    logprobs: Mapping[str, float] | None = None
    finish_reason: str | None = None
    count_tokens_in: int | None = None
    count_tokens_out: int | None = None
    cost_usd: float | None = None
    latency_seconds: float = 0.0
    vectors: tuple[tuple[float, ...], ...] = ()
    prompt_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What an endpoint answered to one request, before it is put on record."""

    state: State
    reason: str | None = None
    text: str | None = None
    thinking: str | None = None
    logprobs: Mapping[str, float] | None = None
    finish_reason: str | None = None
    count_tokens_in: int | None = None
    count_tokens_out: int | None = None
    vectors: tuple[tuple[float, ...], ...] = field(default=(), repr=False)
