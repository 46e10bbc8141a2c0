"""Pages of JSON lines over HTTP, from the cursor where the last pull stopped.

A page is asked for with the cursor; the next one is what its Link header calls next, else what the cursor of its last
record leads to, until a page brings no further. The mark of a page is stored with its last batch, so that a pull that
was stopped reads the page again; what was seen is a sighting that exists. The token goes to the origin that the
settings name and to no other, wherever a redirect or a link leads.
"""

import io
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from pydantic import SecretStr

from benchbuilder.errors import SourceError
from benchbuilder.sources.collector import Collector
from benchbuilder.sources.fields import optional_at
from benchbuilder.sources.jsonl import CHUNK, JsonLines
from benchbuilder.sources.records import Batch, Progress
from benchbuilder.sources.source import HttpPages, Source

if TYPE_CHECKING:
    import httpx

_MAX_REDIRECTS = 5
_MAX_PAUSE_SECONDS = 60.0
_TOO_MANY = 429
_FIRST_FAULT, _FIRST_SERVER_FAULT = 300, 500


class _PassingError(Exception):
    """A page that may come whole when it is asked for again; never leaves this module."""

    def __init__(self, told: str, pause_seconds: float = 0.0) -> None:
        super().__init__(told)
        self.pause_seconds = pause_seconds


class _Page(NamedTuple):
    """What comes behind a page: the cursor of its last record (as before where it has none), and a link."""

    cursor: str
    link: str | None


class _Body(io.RawIOBase):
    """What comes of a page, as a stream."""

    def __init__(self, response: "httpx.Response") -> None:
        self._parts, self._left = response.iter_bytes(), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        import httpx

        try:
            part = self._left or next(self._parts, b"")
        except httpx.HTTPError as error:
            raise OSError(f"broke off: {type(error).__name__}") from error
        length = min(len(buffer), len(part))
        buffer[:length], self._left = part[:length], part[length:]
        return length


def read_pages(
    source: Source, progress: Mapping[str, Progress], mask: Callable[[str], str], secret: SecretStr | None
) -> Iterator[Batch]:
    """What is new behind the mark of the last pull.

    Args:
        source: with its table `http`.
        progress: the latest marks, by location.
        mask: hides personal data in excerpts.
        secret: the bearer token.

    Raises:
        SourceError: a page cannot be had, or its records cannot be gone on from; names source and address, without its
            parameters, and nothing that the server said.
    """
    import httpx

    if source.http is None:
        raise SourceError(f"source {source.name!r} has no table http")
    # Neither proxies nor passwords of the environment: the settings alone say where to ask, and as whom.
    with httpx.Client(
        timeout=source.http.timeout_seconds, follow_redirects=True, max_redirects=_MAX_REDIRECTS, trust_env=False
    ) as client:
        yield from _Pull(client, source, source.http, mask, secret).batches(progress)


class _Pull:
    """One pull of one source."""

    def __init__(
        self,
        client: "httpx.Client",
        source: Source,
        pages: HttpPages,
        mask: Callable[[str], str],
        secret: SecretStr | None,
    ) -> None:
        self._client, self._source, self._pages, self._mask, self._secret = client, source, pages, mask, secret
        parts = urlsplit(pages.url)
        self._location = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._mark: Progress | None = None  # of the page that was read last

    def batches(self, progress: Mapping[str, Progress]) -> Iterator[Batch]:
        self._mark = mark = progress.get(self._location)
        cursor = mark.cursor if mark and mark.cursor else self._pages.since
        url: str | None = self._url(cursor)
        asked: set[str] = set()
        while url and url not in asked:
            asked.add(url)
            page = yield from self._patiently(url, cursor)
            url = page.link or (self._url(page.cursor) if page.cursor != cursor else None)
            cursor = page.cursor

    def _url(self, cursor: str) -> str:
        if "{since}" in self._pages.url:
            return self._pages.url.replace("{since}", quote(cursor, safe=""))
        if not cursor:
            return self._pages.url
        joint = "&" if urlsplit(self._pages.url).query else "?"
        return f"{self._pages.url}{joint}{quote(self._pages.since_parameter)}={quote(cursor, safe='')}"

    def _patiently(self, url: str, cursor: str) -> Generator[Batch, None, _Page]:
        """A page, asked for again where the trouble may pass."""
        pause = self._pages.retry_seconds
        for count_left in range(self._pages.retries, -1, -1):
            try:
                return (yield from self._page(url, cursor))
            except _PassingError as error:
                if count_left == 0:
                    raise self._error(str(error)) from error
                time.sleep(min(_MAX_PAUSE_SECONDS, max(error.pause_seconds, pause * random.uniform(0.75, 1.25))))  # noqa: S311 - spreads pauses
                pause *= 2
        raise AssertionError("unreachable")

    def _page(self, url: str, cursor: str) -> Generator[Batch, None, _Page]:
        import httpx

        try:
            with self._client.stream("GET", url, headers=self._headers(url)) as response:
                self._check(response)
                reached = yield from self._records(response, cursor)
                link = response.links.get("next", {}).get("url")
                return _Page(reached, self._followed(urljoin(str(response.url), link)) if link else None)
        except (httpx.TransportError, OSError) as error:
            raise _PassingError(f"no whole answer ({type(error).__name__})") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._error(f"cannot be asked ({type(error).__name__})") from error

    def _records(self, response: "httpx.Response", cursor: str) -> Generator[Batch, None, str]:
        """The records of a page; its last batch alone says that the page has been read."""
        collector = Collector(self._source, self._location, self._mask)
        lines = JsonLines(io.BufferedReader(_Body(response), CHUNK), collector, is_whole=True)
        held: Batch | None = None
        try:
            for batch in lines.batches():
                if held:
                    yield held
                held = _placed(batch, cursor)
        except OSError:
            if held:
                yield held
            raise
        reached = self._reached(collector, cursor)
        if held:
            whole = _placed(held, reached)
            if whole.progress != self._mark:  # else it is the page that was read last, once more
                yield whole
            self._mark = whole.progress
        return reached

    def _reached(self, collector: Collector, cursor: str) -> str:
        if collector.last is None:
            return cursor
        value = optional_at(collector.last, self._pages.cursor)
        if value is None or isinstance(value, dict | list):
            raise self._error(f"the last record of a page has no {self._pages.cursor} to go on from")
        return str(value)

    def _headers(self, url: str) -> dict[str, str]:
        headers = {"Accept": "application/x-ndjson, application/jsonl, application/json"}
        if self._secret and _origin(url) == _origin(self._pages.url):
            headers["Authorization"] = f"Bearer {self._secret.get_secret_value()}"
        return headers

    def _check(self, response: "httpx.Response") -> None:
        status = response.status_code
        if status == _TOO_MANY or status >= _FIRST_SERVER_FAULT:
            wanted = response.headers.get("Retry-After", "")
            raise _PassingError(f"answered {status}", float(wanted) if wanted.isdecimal() else 0.0)
        if status >= _FIRST_FAULT:
            raise self._error(f"answered {status}")
        if "html" in response.headers.get("Content-Type", ""):
            raise self._error("answered with a page of HTML, where JSON lines should be")

    def _followed(self, url: str) -> str:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise self._error("its link to the next page is no address of HTTP")
        return url

    def _error(self, told: str) -> SourceError:
        return SourceError(f"source {self._source.name!r}: {self._location}: {told}")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _placed(batch: Batch, cursor: str) -> Batch:
    """A page has no lines that would be the same at the next pull."""
    return batch._replace(
        records=tuple(record._replace(line=None) for record in batch.records),
        rejections=tuple(row._replace(line=None, byte_start=None, byte_end=None) for row in batch.rejections),
        votes=tuple(vote._replace(line=None) for vote in batch.votes),
        progress=batch.progress._replace(cursor=cursor),
    )
