"""benchbuilder.sources.pages against a real loopback server: pages, cursors, cut answers, and where the token goes."""

import json
import socketserver
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from benchbuilder.errors import SourceError
from benchbuilder.sources import Batch, FieldMap, HttpPages, Progress, Source, read_source
from tests.unit.sources.conftest import records_in, rejections_in

TOKEN = "planted-token-91ab"
MAPPING = FieldMap(prompt="text", id="id")


def lines(*records: Any) -> bytes:
    """JSON lines; bytes as they are."""
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in records)


class Product:
    """A product that gives its messages out, `size` at a time, from `since` on."""

    def __init__(self, server: HTTPServer, size: int = 2) -> None:
        self.size, self.is_inclusive = size, False
        self.rows: list[Any] = []
        self.asked: list[Request] = []
        self.marks: dict[str, Progress] = {}
        self.given: Callable[[Request], Response] | None = None
        self.url = server.url_for("/export")
        server.expect_request("/export").respond_with_handler(self.answer)

    def answer_with(self, answer: Callable[[Request], Response]) -> None:
        """Something else in place of the rows."""
        self.given = answer

    def answer(self, request: Request) -> Response:
        """The rows that come after `since`."""
        self.asked.append(request)
        if self.given:
            return self.given(request)
        since = int(request.args.get("since") or 0)
        first = since if self.is_inclusive else since + 1
        return Response(lines(*[row for row in self.rows if row["n"] >= first][: self.size]))

    def pull(self, secret: str | None = None, **settings: Any) -> list[Batch]:
        """What is new."""
        return list(self.lazily(secret, **settings))

    def lazily(self, secret: str | None = None, **settings: Any) -> Iterator[Batch]:
        """The same, one by one: what was read before an error can be seen."""
        pages = {"url": self.url, "cursor": "n", "retry_seconds": 0.01, "retries": 2, "timeout_seconds": 5} | settings
        source = Source("chat", kind="http", http=HttpPages(**pages), mapping=MAPPING, max_prompt_bytes=1000)
        token = SecretStr(secret) if secret else None
        for batch in read_source(source, dict(self.marks), base=Path(), mask=str, secret=token):
            self.marks[batch.progress.location] = batch.progress
            yield batch

    def texts(self, **settings: Any) -> list[str]:
        """Of what is new."""
        return [record.text for record in records_in(self.pull(**settings))]


@pytest.fixture
def other_server() -> Iterator[HTTPServer]:
    """Another origin: the same host on another port."""
    with HTTPServer() as server:
        yield server


@pytest.fixture
def cut_server() -> Iterator[Callable[[bytes], str]]:
    """Servers that promise more than they send, and then hang up."""
    opened: list[socketserver.TCPServer] = []

    def start(body: bytes) -> str:
        class Cut(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.request.recv(1 << 16)
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + body)

        server = socketserver.TCPServer(("127.0.0.1", 0), Cut)
        opened.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/export"

    yield start
    for server in opened:
        server.shutdown()
        server.server_close()


@pytest.fixture
def product(httpserver: HTTPServer) -> Product:
    """With five messages."""
    product = Product(httpserver)
    product.rows = [{"n": number, "id": f"m{number}", "text": f"prompt {number}"} for number in range(1, 6)]
    return product


def test_pages_are_read_until_one_brings_no_further(product: Product) -> None:
    """Each goes on from the cursor of the last record; records have no lines, and the place has no parameters."""
    batches = product.pull(url=f"{product.url}?format=lines")
    assert [record.source_ref for record in records_in(batches)] == ["m1", "m2", "m3", "m4", "m5"]
    assert {record.line for record in records_in(batches)} == {None}
    assert {batch.progress.location for batch in batches} == {product.url}
    assert [request.args.get("since") for request in product.asked] == [None, "2", "4", "5"]


def test_the_next_pull_goes_on_from_the_cursor(product: Product) -> None:
    """A pull that finds nothing gives no batch."""
    product.pull()
    assert product.pull() == []
    product.rows.append({"n": 6, "id": "m6", "text": "prompt 6"})
    assert product.texts() == ["prompt 6"]
    assert product.asked[-2].args["since"] == "5"


@pytest.mark.parametrize("place", ["?from={since}", "?a=b&from={since}"])
def test_the_cursor_stands_where_the_address_says(httpserver: HTTPServer, place: str) -> None:
    """It is quoted; its first value is a setting, and so is the parameter's name."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.args["from"])
        return Response(lines({"n": "2024-03-01 +b&c", "text": "hello"}))

    httpserver.expect_request("/export").respond_with_handler(answer)
    product = Product(httpserver)
    product.pull(url=f"{product.url}{place}", since="x")
    assert asked == ["x", "2024-03-01 +b&c"]
    product.marks.clear()
    product.pull(since="y", since_parameter="from")
    assert asked[2:] == ["y", "2024-03-01 +b&c"]


def test_other_parameters_are_another_reading(product: Product) -> None:
    """`?team=b` does not go on where `?team=a` came to."""
    product.pull(url=f"{product.url}?team=a")
    assert product.pull(url=f"{product.url}?team=a") == []
    assert len(product.texts(url=f"{product.url}?team=b")) == 5


def test_inclusive_cursors_end_too(product: Product) -> None:
    """A server that gives the last record again gives the same sighting again, and no circle."""
    product.is_inclusive = True
    assert set(product.texts()) == {f"prompt {number}" for number in range(1, 6)}
    assert product.pull() == []


def test_a_record_without_a_cursor_costs_no_other(product: Product) -> None:
    """A page goes on from the last cursor that is there."""
    product.rows = [{"n": 1, "id": "m1", "text": "one"}, {"n": 2, "id": "m2", "text": "two"}]
    last = {"n": None, "id": "m3", "text": "three"}
    answers = [lines(*product.rows, last), b""]
    product.answer_with(lambda _request: Response(answers.pop(0)))
    assert product.texts() == ["one", "two", "three"]
    assert [request.args.get("since") for request in product.asked] == [None, "2"]


def test_what_was_read_before_a_page_without_any_cursor_is_kept(product: Product) -> None:
    """And so is that page; the mark stays where it was."""
    answers = [lines({"n": 1, "id": "m1", "text": "one"}), lines({"id": "m2", "text": "two"})]
    product.answer_with(lambda _request: Response(answers.pop(0)))
    seen: list[Batch] = []
    with pytest.raises(SourceError, match="no record of a page has a n"):
        seen.extend(product.lazily())
    assert [record.text for record in records_in(seen)] == ["one", "two"]
    assert seen[-1].progress.cursor == "1"


def test_a_page_of_broken_lines_alone_is_told_each_night(product: Product) -> None:
    """What lies behind it cannot be asked for; its lines are rejected once."""
    first = lines({"n": 1, "id": "m1", "text": "one"})
    product.answer_with(lambda request: Response(b'{"n": 2, "te\n' if "since" in request.args else first))
    seen: list[Batch] = []
    for _ in range(2):
        with pytest.raises(SourceError, match="none of its lines can be read"):
            seen.extend(product.lazily())
    assert [len(batch.rejections) for batch in seen] == [1]


def test_more_ties_than_a_page_holds_are_told(product: Product) -> None:
    """Of an inclusive server: it gives the same page for ever, and what lies behind it is never seen."""
    product.is_inclusive, product.size = True, 3
    product.rows = [{"n": n, "id": f"m{place}", "text": f"prompt {place}"} for place, n in enumerate([4, 5, 5, 5, 5])]
    seen: list[Batch] = []
    with pytest.raises(SourceError, match="more records share it than a page holds"):
        seen.extend(product.lazily())
    assert {record.text for record in records_in(seen)} == {f"prompt {place}" for place in range(4)}


def test_short_pages_are_handed_over_together(product: Product) -> None:
    """With the mark of the last one: a batch costs a transaction."""
    [batch] = product.pull()
    assert (len(batch.records), batch.progress.cursor) == (5, "5")


def test_a_link_header_leads_to_the_next_page(httpserver: HTTPServer) -> None:
    """Relative or not, with whatever the server needs in it; one that leads in a circle ends."""
    links = {"/export": "</second?page=2>; rel=next", "/second": "</export>; rel=next"}
    for number, (path, link) in enumerate(links.items(), start=1):
        body = lines({"n": number, "id": f"m{number}", "text": f"prompt {number}"})
        httpserver.expect_request(path).respond_with_data(body, headers={"Link": link})
    assert Product(httpserver).texts() == ["prompt 1", "prompt 2"]


def test_bad_records_are_rejected_once(product: Product, httpserver: HTTPServer) -> None:
    """Each is told with reason and hash, the same at the next pull, and nothing else is lost."""
    bad = [b'{"n": 2, "text": "cut', b"[1]", {"n": 3, "text": None}, {"n": 3, "text": "x" * 1001}, b"x" * 17_000]
    body = lines({"n": 1, "id": "m1", "text": "one"}, *bad, {"n": 4, "id": "m4", "text": "four"})
    httpserver.expect_request("/bad").respond_with_data(body)
    first = product.pull(url=httpserver.url_for("/bad"))
    assert [record.text for record in records_in(first)] == ["one", "four"]
    reasons = ["broken_json", "not_an_object", "null_field", "too_large", "too_large"]
    assert [str(row.reason) for row in rejections_in(first)] == reasons
    assert len({row.record_sha256 for row in rejections_in(first)}) == len(bad)
    product.marks.clear()
    assert rejections_in(product.pull(url=httpserver.url_for("/bad"))) == rejections_in(first)


def test_a_last_line_without_its_line_feed_is_a_line(httpserver: HTTPServer) -> None:
    """Nothing follows behind the end of an answer, so half a record is a rejection and not one that waits."""
    body = lines({"n": 1, "text": "one"}) + b'{"n": 2, "te'
    httpserver.expect_request("/export").respond_with_data(body)
    batches = Product(httpserver).pull()
    assert [record.text for record in records_in(batches)] == ["one"]
    assert [(row.line, row.byte_start, str(row.reason)) for row in rejections_in(batches)] == [
        (None, None, "broken_json")
    ]


def test_long_pages_come_in_batches_and_only_the_last_says_that_the_page_was_read(httpserver: HTTPServer) -> None:
    """After a stop in the middle the page is asked for again."""
    rows = [{"n": number, "id": f"m{number}", "text": f"prompt {number}"} for number in range(1, 24_001)]
    product = Product(httpserver, size=30_000)
    product.rows = rows
    batches = product.pull(since="0")
    assert [len(batch.records) for batch in batches] == [10_000, 10_000, 4000]
    assert [batch.progress.cursor for batch in batches] == ["0", "0", "24000"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_that_passes_is_waited_for(product: Product, httpserver: HTTPServer, status: int) -> None:
    """The page is asked for again, and then comes."""
    answers = [Response("busy", status, headers={"Retry-After": "0"}), Response(lines({"n": 1, "text": "one"}))]
    httpserver.expect_request("/busy").respond_with_handler(lambda _request: answers.pop(0) if answers else Response())
    assert product.texts(url=httpserver.url_for("/busy")) == ["one"]


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (Response("no", 401), "answered 401"),
        (Response("no", 404), "answered 404"),
        (Response("down", 503), "answered 503"),
        (Response("<html>log in", content_type="text/html"), "a page of HTML"),
        (Response(lines({"text": "one"})), "no record of a page has a n to go on from"),
        (Response(b"oops\n[1]\n"), "brings no further .* none of its lines can be read"),
        (Response(lines({"n": 1, "text": "one"}), headers={"Link": "<ftp://127.0.0.1/x>; rel=next"}), "no address"),
        (Response(status=302, headers={"Location": "/fault"}), "TooManyRedirects"),
        (Response(b"not gzip", headers={"Content-Encoding": "gzip"}), "no whole answer"),
    ],
)
def test_what_cannot_be_had_is_told(product: Product, httpserver: HTTPServer, response: Response, told: str) -> None:
    """Source, address and what is wrong; no parameter of the address, nothing that the server said, no token."""
    httpserver.expect_request("/fault").respond_with_handler(lambda _request: response)
    with pytest.raises(SourceError, match=rf"source 'chat': http://.*/fault: .*{told}") as caught:
        product.pull(TOKEN, url=httpserver.url_for("/fault?hidden=1"))
    assert TOKEN not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_token_that_no_header_can_hold_is_not_told(product: Product) -> None:
    """The library's own error has it, so nothing of that error comes along, in whatever form it is printed."""
    with pytest.raises(SourceError, match="no whole answer") as caught:
        product.pull(f"{TOKEN} ")
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


def test_nobody_there(product: Product) -> None:
    """An address at which nothing listens is asked as often as the settings say."""
    with pytest.raises(SourceError, match=r"no whole answer \(ConnectError\)"):
        product.pull(url="http://127.0.0.1:9/export")


def test_of_an_answer_that_is_cut_everything_before_is_kept(
    cut_server: Callable[[bytes], str],
) -> None:
    """It is asked for again; where it never comes whole, what came is stored, and the next pull asks for it again."""
    url = cut_server(lines({"n": 1, "id": "m1", "text": "one"}) + b'{"n": 2, "id": "m2", "te')
    seen: list[Batch] = []
    source = Source("chat", kind="http", http=HttpPages(url, "n", retries=1, retry_seconds=0), mapping=MAPPING)
    with pytest.raises(SourceError, match="no whole answer"):
        seen.extend(read_source(source, {}, base=Path(), mask=str))
    assert {record.text for record in records_in(seen)} == {"one"}
    assert rejections_in(seen) == []
    assert {batch.progress.cursor for batch in seen} == {""}


def test_the_token_goes_to_its_own_origin_alone(httpserver: HTTPServer, other_server: HTTPServer) -> None:
    """Neither a redirect nor a link takes it to another host or port."""
    told: list[tuple[str, str | None]] = []

    def note(body: bytes, headers: dict[str, str], status: int = 200) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            told.append((request.path, request.headers.get("Authorization")))
            return Response(body, status, headers=headers)

        return answer

    away = {"Location": other_server.url_for("/redirected")}
    httpserver.expect_request("/export").respond_with_handler(note(b"", away, 307))
    linked = {"Link": f"<{other_server.url_for('/linked')}>; rel=next"}
    other_server.expect_request("/redirected").respond_with_handler(note(lines({"n": 1, "text": "a"}), linked))
    home = {"Link": f"<{httpserver.url_for('/home')}>; rel=next"}
    other_server.expect_request("/linked").respond_with_handler(note(lines({"n": 2, "text": "b"}), home))
    httpserver.expect_request("/home").respond_with_handler(note(b"", {}))
    texts = [record.text for record in records_in(Product(httpserver).pull(TOKEN, since="2"))]
    assert texts == ["a", "b"]
    bearer = f"Bearer {TOKEN}"
    assert told == [("/export", bearer), ("/redirected", None), ("/linked", None), ("/home", bearer)]


def test_ten_megabytes_in_a_line_cost_their_record(httpserver: HTTPServer) -> None:
    """It is skipped without being kept."""
    body = lines({"n": 1, "text": "one"}, {"n": 2, "text": "x" * 10_000_000}, {"n": 3, "text": "three"})
    httpserver.expect_request("/export").respond_with_data(body)
    batches = Product(httpserver).pull()
    assert [record.text for record in records_in(batches)] == ["one", "three"]
    assert [str(row.reason) for row in rejections_in(batches)] == ["too_large"]
