"""Numbers and names as the pages print them. Crowd text leaves here isolated, escaped and short."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from benchbuilder.text import cut_middle, escape_for_message

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

    Names that would read the same are cut later and later, until they differ.
    """
    short: dict[str, str] = {}
    open_names = sorted(set(names))
    while open_names:
        cut = {name: escape_for_message(name, width) for name in open_names}
        taken = [*short.values(), *cut.values()]
        fits = {name for name, text in cut.items() if taken.count(text) == 1 or width > WIDTH_TITLE}
        short |= {name: cut[name] for name in fits}
        open_names = [name for name in open_names if name not in fits]
        width += 2
    return _numbered(short)


def _numbered(short: dict[str, str]) -> dict[str, str]:
    """Names that differ only beyond what any reader would look at get a number."""
    seen: dict[str, int] = {}
    numbered: dict[str, str] = {}
    for name, text in short.items():
        seen[text] = seen.get(text, 0) + 1
        numbered[name] = text if seen[text] == 1 else f"{text} ({seen[text]})"
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
    return cut_middle(code.replace("_", " "), 60)
