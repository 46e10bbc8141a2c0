"""Numbers and names as the pages print them. Crowd text leaves here isolated, escaped and short."""

from collections import Counter
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from benchbuilder.text import escape_for_message

TO = "\u2013"  # the dash of a range
NOTHING = TO
WIDTH_NAME = 30
WIDTH_TITLE = 200
_SPACE = "\u00a0"


def thousands(count: int) -> str:
    """12,345."""
    return f"{count:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 model`, `3 models`."""
    return f"{thousands(count)} {one if count == 1 else many or f'{one}s'}"


def points(share: float, decimals: int = 0) -> str:
    """A share as percent without the sign; only what is exactly 0 or 1 prints as 0 or 100."""
    step = 10**-decimals
    printed = round(100 * share, decimals)
    if 0 < share < 1:
        printed = min(max(printed, step), 100 - step)
    return f"{printed:.{decimals}f}"


def percent(share: float | None, decimals: int = 0) -> str:
    """`75.7 %`, with a space that does not break; a dash for nothing."""
    return NOTHING if share is None else f"{points(share, decimals)}{_SPACE}%"


def percent_range(shares: Iterable[float | None], decimals: int = 0) -> str:
    """`59 %`, or both ends where several differ; a dash for nothing."""
    known = sorted(share for share in shares if share is not None)
    if not known:
        return NOTHING
    low, high = points(known[0], decimals), points(known[-1], decimals)
    return f"{low}{_SPACE}%" if low == high else f"{low}{TO}{high}{_SPACE}%"


def interval(lower: float | None, upper: float | None) -> str:
    """Both ends in percent, one decimal; a dash for nothing."""
    if lower is None or upper is None:
        return NOTHING
    return f"{points(lower, 1)}{TO}{points(upper, 1)}"


def short_names(names: Sequence[str], width: int = WIDTH_NAME) -> dict[str, str]:
    """Names cut in the middle, never two alike; what does not print is escaped.

    Names that would read the same are cut elsewhere, nearer to their end or to their beginning, and then longer and
    longer, until they differ.
    """
    printable = {name: escape_for_message(name, 4 * WIDTH_TITLE) for name in sorted(set(names))}
    short: dict[str, str] = {}
    for wide in range(width, WIDTH_TITLE, 2):
        for length_tail in (wide // 2 - 1, wide // 4, wide * 3 // 4):
            left = {name: _cut(text, wide, length_tail) for name, text in printable.items() if name not in short}
            taken = Counter([*short.values(), *left.values()])
            short |= {name: text for name, text in left.items() if taken[text] == 1}
        if len(short) == len(printable):
            return short
    alike = {name: _cut(text, width, width // 2) for name, text in printable.items() if name not in short}
    return _numbered(short | alike)


def _cut(text: str, width: int, length_tail: int) -> str:
    """`text` in at most `width` characters, the last `length_tail` of them from its end."""
    return text if len(text) <= width else f"{text[: width - 1 - length_tail]}…{text[len(text) - length_tail :]}"


def _numbered(short: dict[str, str]) -> dict[str, str]:
    """Names that differ only where no reader would look get a number, one that no other name has."""
    taken = Counter(short.values())
    numbered: dict[str, str] = {}
    for name, text in short.items():
        number = 1
        while taken[text] > 1 and f"{text} ({number})" in taken:
            number += 1
        numbered[name] = text if taken[text] == 1 else f"{text} ({number})"
        taken[numbered[name]] += 1
    return numbered


def isolated(text: str, full: str | None = None) -> Markup:
    """A name inside a sentence: its direction stays its own, its letters are escaped, the full name is the title."""
    if full is None or full == text:
        return Markup('<bdi dir="auto">{}</bdi>').format(text)
    return Markup('<bdi dir="auto" title="{}">{}</bdi>').format(escape_for_message(full, WIDTH_TITLE), text)


def excerpt(text: str | None, width: int = 160) -> str:
    """Crowd text on one line for a title."""
    return escape_for_message(" ".join((text or "").split()), width)


def words_of(code: str) -> str:
    """`near_duplicate` → `near duplicate`."""
    return escape_for_message(code.replace("_", " "), 60)
