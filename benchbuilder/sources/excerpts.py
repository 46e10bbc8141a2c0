"""What a rejection keeps of a record: its beginning, masked, on one line."""

from collections.abc import Callable

from benchbuilder.text import clean_text, escape_for_message

MAX_EXCERPT = 200
_MASKED_CHARACTERS = 2_000  # masked before it is cut, so that the cut cannot split a key beyond recognition


def excerpt_of(raw: bytes, mask: Callable[[str], str]) -> str:
    """At most 200 characters of `raw`, which may be a record or its beginning; `mask` hides personal data."""
    text = clean_text(raw[: 4 * _MASKED_CHARACTERS].decode(errors="replace")[:_MASKED_CHARACTERS])
    masked = mask(text)
    cut = masked if len(masked) <= MAX_EXCERPT else masked[: MAX_EXCERPT - 1] + "…"
    return escape_for_message(cut, MAX_EXCERPT)
