"""Personal data and credentials out of a text, before it is first written anywhere.

It misses names and postal addresses, numbers written in words, national telephone numbers without brackets, dashes or a
word such as `phone` in front, addresses written `name at host`, and what `curation.keys` says it misses.
"""

import re
from bisect import bisect, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from benchbuilder.curation.keys import find_keys
from benchbuilder.curation.kinds import Finding, Kind, Span
from benchbuilder.curation.personal_numbers import datafog_patterns, find_personal_numbers
from benchbuilder.text import digest_of

# A masked neighbour can uncover what it touched; each pass takes one layer off, and people write one or two.
MAX_PASSES = 8
MAX_LOCAL_PART = 64  # characters before the @ (RFC 5321, 4.5.3.1)
MAX_DOMAIN = 256

_AT = re.compile(r"[\w+-]@\.?[A-Za-z0-9-]+\.")
_FILE_ENDINGS = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "js", "ts", "py", "css", "html", "json"})
_NEVER_METHODS = frozenset({"com", "org", "net", "edu", "gov", "info"})
_SYMBOLS = "!#$%&'*+-/=?^_`{|}~."


class Masked(NamedTuple):
    """A text without what was found, and how often each kind was found in it (kinds not found are absent)."""

    text: str
    counts: Mapping[Kind, int]


def _find_emails(text: str) -> Iterator[Span]:
    """One search around each @ that may be one: datafog's pattern is quadratic in a run of symbols without an @."""
    pattern, done = datafog_patterns()["EMAIL"], 0
    for at in _AT.finditer(text):
        if at.start() < done:
            continue
        match = pattern.search(text, max(done, at.start() - MAX_LOCAL_PART), at.end() + MAX_DOMAIN)
        done = match.end() if match else at.end() - 1
        if match and (span := _email_span(match)):
            yield span


def _email_span(match: re.Match[str]) -> Span | None:
    """The address without symbols of code in front; None for decorators, `git@host`, `icon@2x.png`, `x@w.sum()`."""
    local, _, domain = match.group().rpartition("@")
    name = local.rpartition("/")[2].lstrip(_SYMBOLS)
    if not name or name == "git" or not (name[-1].isalnum() or name[-1] in "_-+"):
        return None
    ending = domain.rpartition(".")[2].lower()
    is_call = match.string.startswith("(", match.end()) and ending not in _NEVER_METHODS
    if is_call or ending in _FILE_ENDINGS:
        return None
    return match.end() - len(domain) - 1 - len(name), match.end()


def _find_all(text: str) -> Iterator[Finding]:
    """Every finding, the weightier kinds first."""
    yield from ((Kind.KEY, span) for span in find_keys(text))
    yield from ((Kind.EMAIL, span) for span in _find_emails(text))
    yield from find_personal_numbers(text)


def _without_overlaps(findings: Iterable[Finding]) -> list[tuple[Span, Kind]]:
    """Findings by position; of two that overlap, the one found first."""
    chosen: list[tuple[Span, Kind]] = []
    for kind, (start, end) in findings:
        place = bisect(chosen, start, key=lambda finding: finding[0][0])
        is_free_before = place == 0 or chosen[place - 1][0][1] <= start
        if is_free_before and (place == len(chosen) or end <= chosen[place][0][0]):
            insort(chosen, ((start, end), kind))
    return chosen


def _replaced(text: str, findings: Iterable[tuple[Span, Kind]]) -> str:
    parts: list[str] = []
    position = 0
    for (start, end), kind in findings:
        parts += [text[position:start], f"[{kind}]"]
        position = end
    return "".join([*parts, text[position:]])


def mask_reference(reference: str) -> str:
    """A record's own id as it may be stored: where it holds personal data or a credential, its digest in its place."""
    return reference if mask(reference).text == reference else digest_of(reference)


def mask(text: str) -> Masked:
    """`text` with each piece of personal data and each credential as `[kind]`; masking twice changes nothing."""
    counts: Counter[Kind] = Counter()
    for _ in range(MAX_PASSES):
        findings = _without_overlaps(_find_all(text))
        if not findings:
            break
        counts.update(kind for _, kind in findings)
        text = _replaced(text, findings)
    return Masked(text, dict(counts))
