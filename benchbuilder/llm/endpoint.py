"""One endpoint: a shared client, its limits, and the only place where a call is tried again.

Passing trouble (429, 5xx, time-outs, a connection refused) is waited out with jitter up to a deadline, on 429 by the
whole endpoint and for as long as Retry-After says. What does not pass is an api_error of this call, or the end of the
endpoint.
"""

import asyncio
import math
import random
import time
from collections import Counter
from typing import NamedTuple

import httpx2
import openai
import orjson
from pydantic import SecretStr

from benchbuilder.errors import EndpointError, EndpointOutError
from benchbuilder.llm.limits import CHARACTERS_PER_TOKEN, Limits, shared_turnstile, unless
from benchbuilder.llm.replies import read_chat, read_embeddings
from benchbuilder.llm.requests import Reply, Request
from benchbuilder.llm.troubles import (
    PASSING,
    PERMANENT_FOR_ALL,
    UNREADABLE,
    is_of_the_call,
    is_refusal,
    retry_after,
    scrubbed,
)

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0  # so that nobody sleeps long past the end of an outage
# So many in a row, nobody being answered meanwhile, are no accident of single prompts any more.
_MOST_FORBIDDEN = 5  # calls that were answered with 403: moderation says so of one prompt, a provider of a whole model
_MOST_GIVEN_UP = 5  # calls that had nothing but 5xx or silence until their deadline


class _Sent(NamedTuple):
    """One call as it goes out.

    Attributes:
        path: below the address.
        content: the body.
        count_tokens: estimated, those that may come back included.
        count_texts: of an embedding call.
    """

    path: str
    content: bytes
    count_tokens: float
    count_texts: int = 0


class Endpoint:
    """A client of one OpenAI-compatible server, made in the event loop that it is used in.

    Its limits hold for all clients of that server in that loop.
    """

    def __init__(
        self, name: str, base_url: str, key: SecretStr | None, limits: Limits, *, is_embedded: bool = False
    ) -> None:
        self.name = name
        self._base_url = base_url
        self._is_embedded = is_embedded
        self.limits = limits
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=key.get_secret_value() if key else "none",
            max_retries=0,
            timeout=limits.timeout_seconds,
            http_client=openai.DefaultAioHttpClient(
                base_url=base_url,
                timeout=limits.timeout_seconds,
                follow_redirects=False,  # a prompt goes to whom the settings name and to nobody else
            ),
        )
        # The client takes these from OPENAI_ORG_ID and its kin, and would send them to any address.
        self._client.organization = self._client.project = None
        self._client._custom_headers = {}  # noqa: SLF001 - there is no public way to have none
        self._turnstile = shared_turnstile(base_url, limits)
        self._answered_at = -math.inf
        self._count_given_up = 0
        self._count_forbidden: Counter[str] = Counter()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(self, request: Request, stopping: asyncio.Event | None = None) -> Reply:
        """The reply to one request, tried again until it comes, is refused for good, or the deadline has passed.

        Args:
            request: what is asked.
            stopping: once it is set no try begins any more.

        Raises:
            EndpointOutError: nobody answers.
            EndpointError: no call can ever succeed here (key, permission, unknown model).
            StoppedError: `stopping` was set while this call waited.
        """
        sent = await self._sent(request)
        started, number_of_try = None, 0
        while True:
            await self._turnstile.wait(sent.count_tokens, stopping)
            started = started or time.monotonic()  # waiting for the first turn is no trouble
            try:
                reply = await self._reply(request, sent)
            except PASSING as error:
                pause = self._pause(error, number_of_try)
                if time.monotonic() + pause - started > self.limits.deadline_seconds:
                    return self._give_up(error, started)
                if isinstance(error, openai.RateLimitError):
                    self._turnstile.pause(self._pause_of_all(error, pause))
                await unless(stopping, asyncio.sleep(pause))
                number_of_try += 1
            else:
                self._answered_at = time.monotonic()
                self._count_given_up = 0
                return reply

    async def count_models(self) -> int:
        """How many models the server lists: a call that costs nothing and shows whether it answers.

        Raises:
            EndpointError: it does not.
        """
        try:
            raw = await self._client.models.with_raw_response.list()
            return len(orjson.loads(raw.http_response.content)["data"])
        except (openai.OpenAIError, *UNREADABLE) as error:
            raise EndpointError(f"endpoint {self.name}: {scrubbed(error)}") from None
        except (ValueError, TypeError, LookupError):
            raise EndpointError(f"endpoint {self.name}: what answers is no OpenAI-compatible server") from None

    async def _sent(self, request: Request) -> _Sent:
        if request.kind == "embed":
            texts = await self._cut(list(request.values.values()), request.sampling["max_input_tokens"])
            content = orjson.dumps(request.embedding_body(texts))
            return _Sent("/embeddings", content, sum(map(len, texts)) / CHARACTERS_PER_TOKEN, len(texts))
        body = request.chat_body()
        count_tokens = sum(len(message["content"]) for message in body["messages"]) / CHARACTERS_PER_TOKEN
        most = request.sampling.get("max_tokens") or 0
        return _Sent("/chat/completions", orjson.dumps(body), count_tokens + most)

    async def _reply(self, request: Request, sent: _Sent) -> Reply:
        """What comes of one try, whatever it is; trouble that passes, and what no call can pass, is raised."""
        try:
            async with asyncio.timeout(self.limits.timeout_seconds):  # the client's own counts from byte to byte
                content = await self._post(sent)
        except PERMANENT_FOR_ALL as error:
            raise EndpointError(f"endpoint {self.name}: {scrubbed(error)}") from None
        except PASSING:
            raise
        except openai.PermissionDeniedError as error:
            return self._forbidden(request.model, error)
        except openai.APIStatusError as error:
            return Reply("refused", "content_filter") if is_refusal(error) else Reply("api_error", scrubbed(error))
        except UNREADABLE as error:
            return Reply("api_error", scrubbed(error))
        self._count_forbidden.pop(request.model, None)
        if request.kind == "embed":
            return read_embeddings(content, sent.count_texts)
        return read_chat(content, is_read_by_logprobs=bool(request.sampling.get("logprobs")))

    async def _post(self, sent: _Sent) -> bytes:
        # Not chat.completions.create: to walk through messages that are plain dicts already costs half a millisecond.
        response = await self._client.post(
            sent.path,
            cast_to=httpx2.Response,
            content=sent.content,
            options={  # what is named here is not copied from defaults at every call
                "security": {"bearer_auth": True},
                "timeout": self.limits.timeout_seconds,
                "max_retries": 0,
            },
        )
        return response.content

    async def _cut(self, texts: list[str], max_tokens: int) -> list[str]:
        """Texts as long as the embedder takes: by the embedded server's tokenizer, elsewhere by characters."""
        if self._is_embedded:
            from benchbuilder.llm.embedded import cut_texts

            return await cut_texts(self._base_url, texts, max_tokens)
        return [text[: max_tokens * CHARACTERS_PER_TOKEN] for text in texts]

    def _forbidden(self, model: str, error: openai.PermissionDeniedError) -> Reply:
        self._count_forbidden[model] += 1
        if self._count_forbidden[model] >= _MOST_FORBIDDEN:
            raise EndpointError(f"endpoint {self.name}: {scrubbed(error)}") from None
        return Reply("api_error", scrubbed(error))

    def _pause(self, error: Exception, number_of_try: int) -> float:
        """Seconds until this call's next try: doubling for a while, with jitter, and no less than Retry-After says."""
        doubled = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** min(number_of_try, 10))
        pause = doubled * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        return max(pause, retry_after(error) or 0.0)

    def _pause_of_all(self, error: openai.RateLimitError, pause: float) -> float:
        """A 429 to one call pauses all: as long as it says, else as this one, unless that is limited alone."""
        told = retry_after(error)
        if told is not None:
            return told
        return min(pause, _FIRST_PAUSE_SECONDS) if time.monotonic() - self._answered_at < pause else pause

    def _give_up(self, error: Exception, started: float) -> Reply:
        """The end of a call without an answer; of the endpoint too, where it is not the call's own doing.

        While others are answered it is, e.g. of a prompt that is larger than the quota of a minute, or that its server
        dies of. And silence, a reply that breaks off or a 5xx may be at any time, until it is so for several in a row.
        """
        self._count_given_up += 1
        now = time.monotonic()
        is_answering = now - self._answered_at < (now - started) / 2
        is_out = isinstance(error, openai.RateLimitError | openai.APIConnectionError) and not is_of_the_call(error)
        is_told_to_wait = (retry_after(error) or 0.0) > self.limits.deadline_seconds
        if is_told_to_wait and isinstance(error, openai.RateLimitError):
            raise EndpointOutError(f"endpoint {self.name}: wants a pause of {retry_after(error):,.0f} s")
        if not is_answering and (is_out or self._count_given_up >= _MOST_GIVEN_UP):
            raise EndpointOutError(
                f"endpoint {self.name}: nobody answered for {self.limits.deadline_seconds:g} s ({scrubbed(error)})"
            ) from None
        return Reply("api_error", scrubbed(error))
