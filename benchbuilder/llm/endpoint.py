"""One endpoint: a shared client, its limits, and the only place where a call is tried again.

Passing trouble (429, 5xx, time-outs, a connection refused) is waited out with jitter up to a deadline, on 429 by the
whole endpoint and for as long as Retry-After says. What does not pass is an api_error of this call, or the end of the
endpoint.
"""

import asyncio
import math
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai
import orjson
from pydantic import SecretStr

from benchbuilder.errors import EndpointError, EndpointOutError
from benchbuilder.llm.limits import CHARACTERS_PER_TOKEN, Limits, Turnstile
from benchbuilder.llm.replies import read_chat, read_embeddings
from benchbuilder.llm.requests import Reply, Request

_PERMANENT_FOR_ALL = (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError)
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0  # so that nobody sleeps long past the end of an outage
_PASSING = (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError, openai.ConflictError)


class Endpoint:
    """A client of one OpenAI-compatible server, shared by everything in one event loop."""

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
            http_client=openai.DefaultAioHttpClient(base_url=base_url, timeout=limits.timeout_seconds),
        )
        # The client takes these from OPENAI_ORG_ID and its kin, and would send them to any address.
        self._client.organization = self._client.project = None
        self._client._custom_headers = {}  # noqa: SLF001 - there is no public way to have none
        self._turnstile = Turnstile(limits)
        self._answered_at = -math.inf

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def ask(self, request: Request) -> Reply:
        """The reply to one request, tried again until it comes, is refused for good, or the deadline has passed.

        Raises:
            EndpointOutError: nobody answers.
            EndpointError: no call can ever succeed here (key, permission, unknown model).
        """
        started = None
        count_characters = sum(map(len, request.values.values()))
        for number_of_try in range(1_000_000):
            await self._turnstile.wait(count_characters, request.sampling.get("max_tokens") or 0)
            started = started or time.monotonic()  # waiting for the first turn is no trouble
            try:
                reply = await self._send(request)
            except _PERMANENT_FOR_ALL as error:
                raise EndpointError(f"endpoint {self.name}: {_scrubbed(error)}") from None
            except _PASSING as error:
                pause = self._pause(error, number_of_try)
                if time.monotonic() + pause - started > self.limits.deadline_seconds:
                    return self._give_up(error, started)
                await asyncio.sleep(pause)
                continue
            except openai.APIStatusError as error:
                reply = Reply("api_error", reason=_scrubbed(error))
            self._answered_at = time.monotonic()
            return reply
        raise AssertionError("unreachable")

    async def count_models(self) -> int:
        """How many models the server lists: a call that costs nothing and shows whether it answers.

        Raises:
            EndpointError: it does not.
        """
        try:
            raw = await self._client.models.with_raw_response.list()
            return len(orjson.loads(raw.http_response.content)["data"])
        except openai.OpenAIError as error:
            raise EndpointError(f"endpoint {self.name}: {_scrubbed(error)}") from None
        except (ValueError, TypeError, LookupError):
            raise EndpointError(f"endpoint {self.name}: what answers is no OpenAI-compatible server") from None

    async def _send(self, request: Request) -> Reply:
        sampling = dict(request.sampling)
        extra_body: Mapping[str, Any] = sampling.pop("extra_body", None) or {}
        sampling.pop("system_prompt", None)
        model = sampling.pop("served_model")
        if request.kind == "embed":
            texts = await self._cut(list(request.values.values()), sampling.pop("max_input_tokens"))
            raw = await self._client.embeddings.with_raw_response.create(
                model=model, input=texts, encoding_format="float", extra_body=extra_body
            )
            return read_embeddings(raw.http_response.content, len(texts))
        # Not chat.completions.create: to walk through messages that are plain dicts already costs half a millisecond.
        body = {"model": model, "messages": request.messages(), **sampling, **extra_body}
        response = await self._client.post(
            "/chat/completions",
            cast_to=httpx2.Response,
            content=orjson.dumps(body),
            options={  # what is named here is not copied from defaults at every call
                "security": {"bearer_auth": True},
                "timeout": self.limits.timeout_seconds,
                "max_retries": 0,
            },
        )
        return read_chat(response.content)

    async def _cut(self, texts: list[str], max_tokens: int) -> list[str]:
        """Texts as long as the embedder takes: by the embedded server's tokenizer, elsewhere by characters."""
        if self._is_embedded:
            from benchbuilder.llm.embedded import cut_texts

            return await cut_texts(self._base_url, texts, max_tokens)
        return [text[: max_tokens * CHARACTERS_PER_TOKEN] for text in texts]

    def _pause(self, error: openai.OpenAIError, number_of_try: int) -> float:
        """Seconds until this call's next try: what Retry-After says, else doubling for a while, with jitter."""
        told = _retry_after(error)
        doubled = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** min(number_of_try, 10))
        pause = doubled * random.uniform(0.5, 1.5) if told is None else told  # noqa: S311 - no secret
        if isinstance(error, openai.RateLimitError):  # a 429 to one call pauses all, unless that is limited alone
            is_limited_alone = told is None and self._has_answered_within(pause)
            self._turnstile.pause(min(pause, _FIRST_PAUSE_SECONDS) if is_limited_alone else pause)
        return pause

    def _has_answered_within(self, seconds: float) -> bool:
        return time.monotonic() - self._answered_at < seconds

    def _give_up(self, error: openai.OpenAIError, started: float) -> Reply:
        # Silence and a reply that breaks off may be the call's own doing; so may the rest while others are answered,
        # e.g. a prompt that is larger than the quota of a minute, or that its server dies of.
        is_of_the_call = isinstance(error.__cause__, httpx2.ReadTimeout | httpx2.ReadError)
        is_answering = self._has_answered_within((time.monotonic() - started) / 2)
        is_out = isinstance(error, openai.RateLimitError | openai.APIConnectionError)
        if is_out and not is_of_the_call and not is_answering:
            raise EndpointOutError(
                f"endpoint {self.name}: nobody answered for {self.limits.deadline_seconds:g} s ({_scrubbed(error)})"
            ) from None
        return Reply("api_error", reason=_scrubbed(error))


def _retry_after(error: openai.OpenAIError) -> float | None:
    """Seconds that the server asks for, told as a number or as a date; None where it says nothing that can be read."""
    if not isinstance(error, openai.APIStatusError):
        return None
    told = error.response.headers.get("retry-after", "")
    with suppress(ValueError):
        seconds = float(told)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    with suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    return None


def _scrubbed(error: openai.OpenAIError) -> str:
    """A provider's error in our words, class and status or its first cause: in its own text keys and headers leak."""
    if status := getattr(error, "status_code", None):
        return f"{type(error).__name__} {status}"
    cause: BaseException = error
    while cause.__cause__ is not None:  # it tells a refused connection from a slow one; those above say time-out
        cause = cause.__cause__
    return type(cause).__name__
