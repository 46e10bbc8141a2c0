"""What is kept of a record that could not be read shows no secret, however the record wrote it."""

import json

import pytest

from benchbuilder.curation.privacy import mask
from benchbuilder.sources.excerpts import MAX_EXCERPT, excerpt_of

KEY = "AKIAIOSFODNN7EXAMPLA"
ADDRESS = "anna.smith@example.org"


def excerpt(raw: bytes) -> str:
    """As ingest masks it."""
    return excerpt_of(raw, lambda text: mask(text).text)


@pytest.mark.parametrize("between", ["\n", "\t", "\r\n", " ", '"', "\\", "/", "\u00e9", "\u2028", "\U0001f600"])
def test_a_secret_behind_an_escape_is_masked(between: str) -> None:
    """JSON writes a line break as a backslash and a letter, which must not hide what follows."""
    for is_ascii in (True, False):
        raw = json.dumps({"prompt": f"My key:{between}{KEY}{between}{ADDRESS}"}, ensure_ascii=is_ascii).encode()
        told = excerpt(raw)
        assert KEY not in told
        assert ADDRESS not in told
        assert "[key]" in told


def test_escaped_slashes_hide_no_password() -> None:
    """Some writers escape every slash."""
    assert "hunter2hunter2" not in excerpt(rb'{"prompt": "postgres:\/\/anna:hunter2hunter2@host\/db"')


def test_what_is_cut_or_broken_is_shown_as_it_is() -> None:
    """Half an escape at the end, half an emoji, a path of Windows: one line of at most 200 characters."""
    assert excerpt(rb'{"path": "C:\\new", "cut": "\u00') == r'{"path": "C:\new", "cut": "\u00'
    assert "\ud83d" not in excerpt(rb'"\ud83d"')
    long = excerpt(b'"' + b"word " * 500)
    assert len(long) <= MAX_EXCERPT
    assert "\n" not in excerpt(rb'"one\ntwo"')
