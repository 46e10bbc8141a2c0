"""What a rejection keeps of a record: its beginning, masked, on one line."""

import json
import re
from collections.abc import Callable

from benchbuilder.text import clean_text, escape_for_message

MAX_EXCERPT = 200
_MASKED_CHARACTERS = 2_000  # masked before it is cut, so that the cut cannot split a key beyond recognition
_ESCAPES = re.compile(r'(?:\\u[0-9A-Fa-f]{4})+|\\["\\/bfnrt]')


def excerpt_of(raw: bytes, mask: Callable[[str], str]) -> str:
    r"""At most 200 characters of `raw`, which may be a record or its beginning; `mask` hides personal data.

    What JSON escapes is read first: in `"My key:\nAKIA…"` the key would have a letter in front and be none.
    """
    text = raw[: 4 * _MASKED_CHARACTERS].decode(errors="replace")[:_MASKED_CHARACTERS]
    read = _ESCAPES.sub(lambda found: json.loads(f'"{found.group()}"'), text)
    masked = mask(clean_text(read))
    cut = masked if len(masked) <= MAX_EXCERPT else masked[: MAX_EXCERPT - 1] + "…"
    return escape_for_message(cut, MAX_EXCERPT)
