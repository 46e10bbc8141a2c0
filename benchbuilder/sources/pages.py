"""Pages of JSON lines over HTTP, from the cursor where the last pull stopped.

A page is asked for with the cursor; the next one is what its Link header calls next, else what the last cursor in its
records leads to, until a page brings no further. Short pages are handed over together. The mark of a page is stored
with its last batch, so that a pull that was stopped reads the page again; what was seen is a sighting that exists. The
token goes to the origin that the settings name and to no other, wherever a redirect or a link leads; since what the
library says of a request may hold it, no error here has a cause.
"""

import io
import random
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from pydantic import SecretStr

from benchbuilder.errors import SourceError
from benchbuilder.sources.collector import MAX_BATCH_BYTES, MAX_RECORDS, Collector
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
    """What comes behind a page.

    Attributes:
        cursor: the last one in its records; as before where it has none.
        link: of the next page.
        is_stuck: it has lines, brings no further, and is not known to be the last one.
    """

    cursor: str
    link: str | None
    is_stuck: bool


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
            raise OSError(f"broke off: {type(error).__name__}") from None
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
        yield from _together(_Pull(client, source, source.http, mask, secret).batches(progress))


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
        self._most_lines = 0  # of a page so far

    def batches(self, progress: Mapping[str, Progress]) -> Iterator[Batch]:
        self._mark = mark = progress.get(self._location)
        self._most_lines = mark.count_lines if mark else 0
        cursor = mark.cursor if mark and mark.cursor else self._pages.since
        url: str | None = self._url(cursor)
        asked: set[str] = set()
        while url and url not in asked:
            asked.add(url)
            page = yield from self._patiently(url, cursor)
            if page.is_stuck and not page.link:
                raise self._error(
                    f"a page brings no further than {self._pages.cursor} of the page before: more records share it than"
                    " a page holds, or none of its lines can be read"
                )
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
                    raise self._error(str(error)) from None
                time.sleep(min(_MAX_PAUSE_SECONDS, max(error.pause_seconds, pause * random.uniform(0.75, 1.25))))  # noqa: S311 - spreads pauses
                pause *= 2
        raise AssertionError("unreachable")

    def _page(self, url: str, cursor: str) -> Generator[Batch, None, _Page]:
        import httpx

        try:
            with self._client.stream("GET", url, headers=self._headers(url)) as response:
                self._check(response)
                reached, is_stuck = yield from self._records(response, cursor)
                link = response.links.get("next", {}).get("url")
                return _Page(reached, self._followed(urljoin(str(response.url), link)) if link else None, is_stuck)
        except (httpx.TransportError, OSError) as error:
            raise _PassingError(f"no whole answer ({type(error).__name__})") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._error(f"cannot be asked ({type(error).__name__})") from None

    def _records(self, response: "httpx.Response", cursor: str) -> Generator[Batch, None, tuple[str, bool]]:
        """The cursor that a page reaches, and whether it is stuck; its last batch alone says that it has been read."""
        collector = Collector(self._source, self._location, self._mask, self._pages.cursor)
        lines = JsonLines(io.BufferedReader(_Body(response), CHUNK), collector, is_whole=True)
        held: Batch | None = None
        has_records = False
        try:
            for batch in lines.batches():
                if held:
                    yield held
                held = _placed(batch, cursor)
                has_records = has_records or bool(batch.records)
        except OSError:
            if held:
                yield held
            raise
        if held is None:
            return cursor, False
        reached = cursor if collector.cursor is None else collector.cursor
        whole = _placed(held, reached)
        is_known = whole.progress == self._mark  # it is the page that was read last, once more
        if not is_known:
            yield whole
        if has_records and collector.cursor is None:
            raise self._error(f"no record of a page has a {self._pages.cursor} to go on from")
        is_full = whole.progress.count_lines >= self._most_lines
        self._mark, self._most_lines = whole.progress, max(self._most_lines, whole.progress.count_lines)
        is_broken = collector.cursor is None
        return reached, is_broken or (reached == cursor and is_full and not is_known)

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


def _together(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Batches of short pages as one, for each costs a transaction; what came before an error is yielded before it."""
    held: Batch | None = None
    try:
        for batch in batches:
            if held and not _fits(held, batch):
                yield held
                held = None
            held = _joined(held, batch) if held else batch
    except SourceError:
        if held:
            yield held
        raise
    if held:
        yield held


def _fits(held: Batch, batch: Batch) -> bool:
    count = sum(len(part.records) + len(part.rejections) for part in (held, batch))
    return count <= MAX_RECORDS and sum(len(row.text) for row in held.records) < MAX_BATCH_BYTES


def _joined(held: Batch, batch: Batch) -> Batch:
    """The later mark holds for both."""
    return batch._replace(
        records=held.records + batch.records,
        rejections=held.rejections + batch.rejections,
        votes=held.votes + batch.votes,
        count_no_votes=held.count_no_votes + batch.count_no_votes,
    )


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
