"""The report in a real browser, from disk: no error, no request off the folder, no scrolling sideways, no dialog."""

import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from benchbuilder.report import ReportFrames, write_report
from benchbuilder.report.pages import PAGES

pytestmark = pytest.mark.browser
DOMAINS = ("Page", "Runtime", "Log", "Network")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-port=0")
PATIENCE_SECONDS = 30


class Visit(NamedTuple):
    """What happened on one page."""

    complaints: list[Any]
    requests: list[str]
    overflow_px: int


class Tab:
    """One tab, driven over the DevTools protocol."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []
        for domain in DOMAINS:
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one command; events that come before it are kept."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def value_of(self, expression: str) -> Any:
        """What a line of script gives."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def visit(self, address: str, *, width: int = 1400, theme: str = "light", is_script_on: bool = True) -> Visit:
        """Open a page and wait until it has loaded."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not is_script_on)
        self.events.clear()
        self.call("Page.navigate", url=address)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads(self._connection.recv(timeout=PATIENCE_SECONDS)))
        overflow = self.value_of("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return Visit(
            complaints=[event["params"] for event in self.events if _is_complaint(event)],
            requests=[
                event["params"]["request"]["url"]
                for event in self.events
                if event["method"] == "Network.requestWillBeSent"
            ],
            overflow_px=overflow,
        )


def _is_complaint(event: dict[str, Any]) -> bool:
    if event["method"] == "Log.entryAdded":
        return event["params"]["entry"]["level"] in {"error", "warning"}
    return event["method"] in {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening"}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A tab of a browser that lives as long as this module's tests."""
    profile = tmp_path_factory.mktemp("profile")
    program = next(filter(None, map(shutil.which, BROWSERS)))
    environment = os.environ | {"HOME": str(profile)}
    command = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as browser:
        try:
            port = _port(profile / "DevToolsActivePort")
            with connect(f"ws://127.0.0.1:{port}/devtools/page/{_page_id(port)}", max_size=None) as connection:
                yield Tab(connection)
        finally:
            browser.terminate()


def _port(path: Path) -> int:
    """The port that the browser chose."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, "the browser did not start"
        time.sleep(0.05)
    return int(path.read_text().split()[0])


def _page_id(port: int) -> str:
    from urllib.request import urlopen

    with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=PATIENCE_SECONDS) as reply:
        return next(target["id"] for target in json.load(reply) if target["type"] == "page")


@pytest.fixture
def reports(make_frames: Callable[..., ReportFrames], no_frames: ReportFrames, hostile_frames: ReportFrames) -> Any:
    """The three kinds of report."""
    return {"small": make_frames(), "empty": no_frames, "hostile": hostile_frames}


@pytest.mark.parametrize("kind", ["small", "empty", "hostile"])
def test_pages_open_from_disk(kind: str, reports: dict[str, ReportFrames], tab: Tab, tmp_path: Path) -> None:
    """Wide and narrow, light and dark, script on and off: silence, the folder's own files, no scrolling sideways."""
    folder = write_report(reports[kind], tmp_path / "report").parent
    for page in PAGES:
        for width, theme, is_script_on in ((1400, "light", True), (390, "dark", True), (390, "light", False)):
            visit = tab.visit((folder / page.file).as_uri(), width=width, theme=theme, is_script_on=is_script_on)
            assert visit.complaints == []
            assert [url for url in visit.requests if not url.startswith((folder.as_uri(), "data:"))] == []
            assert visit.overflow_px <= 0, (page.file, width)


def type_in(tab: Tab, text: str) -> None:
    """Put a text into the search field."""
    field = "document.getElementById('find')"
    tab.value_of(f"{field}.value = {json.dumps(text)}; {field}.dispatchEvent(new Event('input'))")


def test_the_board_can_be_searched(make_frames: Callable[..., ReportFrames], tab: Tab, tmp_path: Path) -> None:
    """The address holds what is looked for; typing changes both."""
    index = write_report(make_frames(), tmp_path / "report").as_uri()
    tab.visit(f"{index}?q=ALP")
    shown = "Array.from(document.querySelectorAll('.board tbody tr')).filter(row => !row.hidden).length"
    assert (tab.value_of(shown), tab.value_of("document.getElementById('found').textContent")) == (1, "1 of 5")
    type_in(tab, "a b")
    assert (tab.value_of(shown), tab.value_of("location.search")) == (0, "?q=a+b")
    type_in(tab, "")
    assert (tab.value_of(shown), tab.value_of("location.search")) == (5, "")


def test_the_theme_is_a_choice(make_frames: Callable[..., ReportFrames], tab: Tab, tmp_path: Path) -> None:
    """The system's, until the button is pressed; then it stays on the next page."""
    index = write_report(make_frames(), tmp_path / "report")
    ground = "getComputedStyle(document.body).backgroundColor"
    tab.visit(index.as_uri(), theme="dark")
    assert tab.value_of(ground) == "rgb(15, 18, 22)"
    tab.value_of("document.getElementById('theme').click()")
    assert tab.value_of(ground) == "rgb(255, 255, 255)"
    tab.visit(index.with_name("method.html").as_uri(), theme="dark")
    assert tab.value_of(ground) == "rgb(255, 255, 255)"
    tab.value_of("localStorage.clear()")
