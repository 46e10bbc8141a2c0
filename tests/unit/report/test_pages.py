"""The folder of pages: safe, small, whole, and the same every time."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchbuilder.report import ReportFrames, ReportOptions, write_report
from benchbuilder.report.pages import PAGES, POLICY, render_files

Frames = Callable[..., ReportFrames]
VOID = {"meta", "link", "input", "br", "img", "hr"}
LIMITS = {"index.html": 250_000, "topics.html": 1_200_000, "funnel.html": 100_000, "method.html": 50_000}


class Reading(HTMLParser):
    """Elements of a page with their attributes, and whether every one that opens also closes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down an element that closes itself."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of each element of one kind."""
        return [attributes for name, attributes in self.elements if name == tag]


def read_pages(frames: ReportFrames) -> dict[str, Reading]:
    """Every page, parsed."""
    return {name: Reading(text) for name, text in render_files(frames).items() if name.endswith(".html")}


def test_a_hostile_crowd_stays_text(hostile_frames: ReportFrames) -> None:
    """No element, no attribute and no direction comes from outside; the pages stay whole."""
    files = render_files(hostile_frames)
    allowed = {"html", "head", "meta", "title", "link", "script", "body", "a", "header", "nav", "div", "span", "p"}
    allowed |= {"button", "strong", "main", "h1", "h2", "bdi", "dl", "dt", "dd", "ul", "ol", "li", "input", "footer"}
    allowed |= {"table", "caption", "thead", "tbody", "tr", "th", "td", "code", "details", "summary", "pre"}
    allowed |= {"svg", "g", "line", "text", "use", "circle", "rect", "path", "figure", "figcaption"}
    for name, page in read_pages(hostile_frames).items():
        assert not page.open, name
        assert {tag for tag, _ in page.elements} <= allowed
        assert page.all("script") == [{"src": "report.js"}]
        attributes = {attribute for _, found in page.elements for attribute in found}
        assert not {attribute for attribute in attributes if attribute.startswith("on") or attribute == "style"}
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x1b]", files[name])
        assert len(files[name]) < 60_000
        assert "7 * 7" in files[name]


def test_every_page_carries_the_policy(make_frames: Frames) -> None:
    """Before anything that it governs; nothing inline, nothing from elsewhere."""
    for page in read_pages(make_frames()).values():
        assert page.all("meta")[1] == {"http-equiv": "Content-Security-Policy", "content": POLICY}
        assert not page.all("style")
        assert [link["href"] for link in page.all("link")] == ["data:,", "report.css"]
    assert "unsafe" not in POLICY


def test_every_link_resolves(make_frames: Frames, no_frames: ReportFrames) -> None:
    """Each points at a file of the folder or at an id of its page, full and empty."""
    for frames in (make_frames(), no_frames):
        files = render_files(frames)
        for page in read_pages(frames).values():
            ids = {attributes.get("id") for _, attributes in page.elements}
            for _, attributes in page.elements:
                target = attributes.get("href") or attributes.get("src")
                if target and target != "data:,":
                    file, _, place = target.partition("#")
                    assert file in {"", *files}
                    assert not place or place in ids


def test_the_same_frames_give_the_same_bytes(make_frames: Frames, tmp_path: Path) -> None:
    """No clock, no random, no set order: two reports are equal, file by file, and a second replaces the first."""
    one, two = (write_report(make_frames(), tmp_path / name).parent for name in ("one", "two"))
    (one / "left-over.html").touch()
    write_report(make_frames(), one)
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in two.iterdir())
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_report_that_fails_leaves_the_old_one(make_frames: Frames, tmp_path: Path) -> None:
    """Nothing half written, nothing left beside it."""
    index = write_report(make_frames(), tmp_path / "report")
    before = index.read_bytes()
    broken = make_frames(board=make_frames().board.drop("count_planned"))
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        write_report(broken, tmp_path / "report")
    assert index.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def drawn(index: str) -> list[tuple[float, float, float]]:
    """Lower, point and upper of each drawn interval, from its places on the axis."""
    low, high = (float(re.search(rf'data-axis-{end}="([\d.]+)"', index)[1]) for end in ("low", "high"))  # pyright: ignore[reportOptionalSubscript]
    marks = re.findall(r'class="interval" x1="(.+?)%" x2="(.+?)%".+?cx="(.+?)%"', index)
    return [
        tuple(low + float(place) / 100 * (high - low) for place in (left, point, right)) for left, right, point in marks
    ]  # pyright: ignore[reportReturnType]


def test_every_drawn_interval_is_the_one_in_the_files(make_frames: Frames) -> None:
    """Picture, CSV and JSON agree; the baseline is a point at half; what is not ranked is not drawn."""
    files = render_files(make_frames())
    rows = list(csv.DictReader(io.StringIO(files["board.csv"])))
    wanted = [row for row in rows if row["is_ranked"] == "true" and row["model"] != row["baseline"]]
    marks = drawn(files["index.html"])
    assert len(marks) == len(wanted) == 3
    for mark, row in zip(marks, wanted, strict=True):
        assert mark == pytest.approx([float(row[name]) for name in ("lower", "win_rate", "upper")], abs=1e-5)
    assert files["index.html"].count('class="baseline-point"') == 1
    assert [row["model"] for row in json.loads(files["board.json"])] == [row["model"] for row in rows]


def test_a_model_that_is_not_ranked_says_why(make_frames: Frames) -> None:
    """Greyed, with its numbers and the reason in place of an interval."""
    index = render_files(make_frames())["index.html"]
    row = re.search(r'<tr role="row" class="unranked".+?</tr>', index, re.DOTALL)
    assert row
    assert "not ranked: 4 % read" in row[0]
    assert "17.7\u00a0%" in row[0]
    assert "<svg" not in row[0]


def test_canaries_are_shown_and_counted_nowhere(make_frames: Frames, make_row: Any, make_board: Any) -> None:
    """They stand below with their reason; models, judgments and gates are those of the others."""
    canary = make_row("canary-constant", 0.1, None, reason="canary: the same answer to every question")
    board = make_board(make_row("alpha", 0.7, (1, 1)), canary)
    files = render_files(make_frames(board=board))
    assert "canary: the same answer to every question" in files["index.html"]
    facts = dict(re.findall(r'<dt>(.+?)</dt><dd class="value">(.+?)</dd>', files["index.html"]))
    assert facts["Models"] == "1"
    assert "0 models not ranked" in files["method.html"]


def test_quality_without_people_is_separability_alone(make_frames: Frames) -> None:
    """Nobody to agree with, nothing said about it."""
    from tests.unit.report.conftest import quality_of

    index = render_files(make_frames(quality=quality_of("")))["index.html"]
    assert "Separability" in index
    assert "Agrees with people" not in index


def test_facts_come_from_the_board(make_frames: Frames) -> None:
    """Models without the baseline; pairs and ranks with it; unread judgments counted; the paper's quality figures."""
    index = render_files(make_frames())["index.html"]
    facts = dict(re.findall(r'<dt>(.+?)</dt><dd class="value">(.+?)</dd>', index))
    assert facts == {
        "Models": "4",
        "Questions": "500",
        "Judgments": "3,036",
        "Pairs separated": "83\u00a0%",
        "Orders agree": "59\u00a0%",
        "First shown wins": "67\u00a0%",
        "Separability": "84\u00a0%",
        "Agrees with people": "75\u00a0%",
    }


def test_pages_stay_small(make_frames: Frames, make_row: Any, make_board: Any, make_map: Any, make_topics: Any) -> None:
    """100 models of 79 characters, 300 topics, 20,000 prompts of which 750 were kept."""
    names = [
        f"ta_llama3_instruct_dpo_2048_default_template_{n:03d}_with_a_long_name_trible_debug_v1" for n in range(100)
    ]
    board = make_board(*(make_row(name, 0.9 - n / 200, (1, 100)) for n, name in enumerate(names)))
    spots = [(f"{n:06d}", f"t{n % 300}", False, n * 7 % 997, n * 11 % 991, n < 750, "q" * 160) for n in range(20_000)]
    topics = make_topics([(f"t{n}", f"A topic with a name of its own {n}", 60, 2) for n in range(300)])
    files = render_files(make_frames(board=board, topic_map=make_map(spots), topics=topics))
    sizes = {name: len(files[name].encode()) for name in LIMITS}
    assert {name: size for name, size in sizes.items() if size > LIMITS[name]} == {}
    assert files["topics.html"].count("10,000 of 19,250 grey dots are drawn") == 1


def test_nothing_yet(no_frames: ReportFrames) -> None:
    """Each page of an empty warehouse says what is missing, and the gates fail."""
    files = render_files(no_frames)
    assert "<h1>No board yet</h1>" in files["index.html"]
    assert "<h1>No clustering yet</h1>" in files["topics.html"]
    assert "<h1>Nothing was read yet</h1>" in files["funnel.html"]
    assert "<h1>4 of 4 gates failed</h1>" in files["method.html"]
    assert all("No version yet" in files[page.file] for page in PAGES)


def test_a_version_without_a_board_says_how_far_it_is(make_frames: Frames) -> None:
    """So many of its questions have been judged."""
    frames = make_frames()
    waiting = replace(frames, board=frames.board.clear(), judged=pl.DataFrame({"count_questions": [37]}))
    assert "<h1>No board yet: 37 of 500 questions judged</h1>" in render_files(waiting)["index.html"]


def test_a_withheld_board_says_why(make_frames: Frames) -> None:
    """With each model's reason; and where an older board stands, it stays, under a warning."""
    withheld = pl.DataFrame(
        {"as_of": None, "board_reason": "no model passes", "model": ["alpha"], "reason": ["not ranked: 12 % read"]}
    )
    frames = make_frames(withheld=withheld)
    alone = render_files(replace(frames, board=frames.board.clear()))
    assert "<h1>The board is withheld</h1>" in alone["index.html"]
    assert "not ranked: 12 % read" in alone["index.html"]
    beside = render_files(frames)
    assert "The newest board is withheld:</strong> no model passes" in beside["index.html"]
    assert "<h1>Two models share the lead</h1>" in beside["index.html"]
    assert "1 of 4 gates failed" not in beside["method.html"]  # two of them: this one, and the model that is not ranked
    assert "2 of 4 gates failed" in beside["method.html"]


def test_the_demo_says_so_on_every_page(make_frames: Frames) -> None:
    """And no other report does."""
    demo = render_files(make_frames(options=ReportOptions(is_embedded_demo=True)))
    real = render_files(make_frames())
    for page in PAGES:
        assert "this board measures nothing" in demo[page.file]
        assert "this board measures nothing" not in real[page.file]


def test_header_and_footer_stand_on_every_page(make_frames: Frames) -> None:
    """Version, baseline, judges, a way to the method and to the data; the present page is marked."""
    files = render_files(make_frames())
    for page in PAGES:
        text = files[page.file]
        assert text.count(f'<a href="{page.file}" aria-current="page">') == 1
        footer = text[text.index("<footer>") :]
        for word in ("b" * 10, "the-baseline", "judge-one", "method.html", "board.csv", "board.json"):
            assert word in footer


def test_the_method_shows_the_prompt_that_was_asked_with(make_frames: Frames) -> None:
    """Its text only where the hash is that of the installed one."""
    method = render_files(make_frames())["method.html"]
    assert method.count("<details>") == 1
    assert "You compare two answers" in method
    assert "0" * 12 in method


def test_the_method_says_what_a_cheap_annotator_keeps(
    make_frames: Frames, make_cascade: Callable[..., pl.DataFrame]
) -> None:
    """The recall that was estimated, with its interval; that all pass, where it is not known; else nothing of it."""
    told = render_files(make_frames(cascade=make_cascade()))["method.html"]
    assert "A regression on the embeddings of" in told
    assert re.findall(r"<t[hd][^>]*>([^<]+)</t[hd]>", told[told.index("95 % interval") :])[4:10] == [
        "100.0\u00a0%",
        "89.4\u2013100.0",
        "498",
        "33",
        "33",
        "24.8\u00a0%",
    ]
    too_few = make_cascade(cheap_kind="model", count_picks=1, count_kept=1, threshold=None, share_passed=1.0)
    told = render_files(make_frames(cascade=too_few))["method.html"]
    assert "The small model" in told
    assert "It picks 1 of the 498 that could be read in the sample, too few to turn anybody away" in told
    assert "95 % interval" not in told
    assert "A cheap annotator first" not in render_files(make_frames())["method.html"]


def test_funnel_steps_lead_from_raw_to_kept(make_frames: Frames) -> None:
    """100 records in, 8 out, each stage with what it took."""
    funnel = render_files(make_frames())["funnel.html"]
    assert "<h1>100 records came in, 8 questions kept</h1>" in funnel
    counts = re.findall(r'<span class="label">(.+?)</span><span class="value">(.+?)</span>', funnel)
    assert counts == [("Records read", "100"), ("Distinct prompts", "68"), ("Clean prompts", "48"), ("Questions", "8")]


def test_a_stage_that_nobody_knows_is_not_counted_as_kept(make_frames: Frames) -> None:
    """The last step is what was kept, whatever stages the mart learns."""
    funnel = make_frames().funnel.with_columns(stage=pl.col("stage").replace("selection", "veto"))
    page = render_files(make_frames(funnel=funnel))["funnel.html"]
    assert re.findall(r'<span class="value">(.+?)</span>', page)[-1] == "8"
