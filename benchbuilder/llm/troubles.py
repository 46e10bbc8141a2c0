"""What an exception of a call means, said in our words: in a provider's own, keys and headers leak."""

import math
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime

import aiohttp
import httpx2
import openai

PERMANENT_FOR_ALL = (openai.AuthenticationError, openai.NotFoundError)
PASSING = (
    openai.APIConnectionError,
    openai.RateLimitError,
    openai.InternalServerError,
    openai.ConflictError,
    TimeoutError,  # of a try: its reply came too slowly
)
UNREADABLE = (aiohttp.ClientError,)  # a response that is no HTTP; the client library lets it through as it is


def is_of_the_call(error: Exception) -> bool:
    """Silence, and a reply that breaks off, may be the doing of this one call."""
    return isinstance(error, TimeoutError) or isinstance(error.__cause__, httpx2.ReadTimeout | httpx2.ReadError)


def is_refusal(error: openai.APIStatusError) -> bool:
    """A content filter that answers with an error instead of a finish_reason."""
    return error.code == "content_filter"


def retry_after(error: Exception) -> float | None:
    """Seconds that the server asks for, told as a number or as a date; None where it says nothing that can be read."""
    if not isinstance(error, openai.APIStatusError):
        return None
    told = error.response.headers.get("retry-after", "")
    with suppress(ValueError):
        seconds = float(told)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    with suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    return None


def scrubbed(error: Exception) -> str:
    """Class and status, or the class of the first cause."""
    if status := getattr(error, "status_code", None):
        return f"{type(error).__name__} {status}"
    cause = error
    while isinstance(cause.__cause__, Exception):  # it tells a refused connection from a slow one; those above do not
        cause = cause.__cause__
    return type(cause).__name__
