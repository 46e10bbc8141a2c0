"""A name for a topic: what a model is told about it, and what of its reply is a name."""

import re
import unicodedata
from collections.abc import Sequence

from benchbuilder.errors import Unparsable

# Raised with every change of what a reply means; all replies are then read again.
PARSER_VERSION = 1
MAX_SAMPLE_CHARACTERS = 300
MIN_CHARACTERS = 2
MAX_CHARACTERS = 60
MAX_LINE_CHARACTERS = 200  # a longer line is talk, whatever is stripped from it
MAX_WORDS = 8  # six are asked for; a name of seven is still one
LENGTH_SHOWN = 200

# Some servers swallow the tag that opens the reasoning, and a cut reply lacks the one that closes it.
_REASONING = re.compile(r"\A.*</think(?:ing)?>|<think(?:ing)?>.*\Z", re.DOTALL | re.IGNORECASE)
# Whatever stands around a name: list signs, headings, quotes, and brackets around the whole.
_QUOTES = " \t\"'`*_~|“”„\u2018\u2019«»「」『』"
_BEFORE = _QUOTES + "#>=-\u2013\u2014•·:"
_AFTER = _QUOTES + "=-\u2013\u2014•·.,;:!"
_IN_BRACKETS = re.compile(r"[(\[{<]([^()\[\]{}<>]*)[)\]}>]")
_NUMBERING = re.compile(r"\s*\d{1,2}[.)]\s+")
_LABEL = re.compile(
    r"(?:here(?:'s| is)\s+)?(?:(?:the|a|my|group|suggested|possible|short|proposed|topic)\s+)*"
    r"(?:topic|name|title|label|answer)(?:\s+(?:name|title|is|of|for)\b[^:]{0,30})?[\"'`*_\s]*:",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:the\s+)?(?:name|topic|title)\s+of\s+(?:the|this)\s+(?:group|topic)\s+is\s+", re.IGNORECASE)
# Small models repeat the code of the delimiter lines.
_CODE = re.compile(r"<<<|>>>|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,}", re.IGNORECASE)
_REFUSAL = re.compile(
    r"^(?:sorry|apologies|unfortunately)\b|\bas an? (?:ai|(?:large )?language)\b|\bunable to\b"
    r"|\bi(?:'m| am|'ll| will| would| can(?:no|')?t| do not| don't| need| apologi[sz]e)\b",
    re.IGNORECASE,
)
_CHATTER = re.compile(
    r"(?:sure|certainly|of course|okay|here(?:'s| is| are)|based on|these (?:prompts|questions))\b", re.IGNORECASE
)


def name_values(keywords: Sequence[str], samples: Sequence[str]) -> dict[str, str]:
    """Values for the template ``topic_name``.

    Args:
        keywords: of the topic, best first; they are words of the crowd and so as untrusted as the samples.
        samples: a few of its prompts, most typical first; each becomes one line of at most 300 characters.
    """
    lines = [_one_line(sample)[:MAX_SAMPLE_CHARACTERS].strip() for sample in samples]
    return {
        "keywords": ", ".join(_one_line(keyword) for keyword in keywords),
        "samples": "\n".join(f"- {line}" for line in lines if line),
    }


def parse_topic_name(reply: str) -> str | Unparsable:
    """The first line of a reply that can be a name, without what models put around one.

    Returns:
        2 to 60 characters on one line; else Unparsable with reason ``empty``, ``refused`` or ``no_name``.
    """
    text = _REASONING.sub("", reply)
    lines = [_one_line(line).replace("\u2019", "'") for line in text.splitlines() if not line.startswith("```")]
    lines = [line for line in lines if any(map(str.isalnum, line))]
    names = filter(None, map(_name_in, lines))
    if name := next(names, None):
        return name
    if not lines:
        return Unparsable("empty", _one_line(reply)[-LENGTH_SHOWN:])
    is_refused = any(map(_REFUSAL.search, lines))
    return Unparsable("refused" if is_refused else "no_name", _one_line(text)[-LENGTH_SHOWN:])


def _name_in(line: str) -> str | None:
    """The name that a line holds, or None where it is talk."""
    if _CODE.search(line):
        return None
    line = _bare(line[:MAX_LINE_CHARACTERS])
    labelled = _LABEL.match(line) or _SENTENCE.match(line)
    name = _bare(line[labelled.end() :]) if labelled else line
    is_name = (
        MIN_CHARACTERS <= len(name) <= MAX_CHARACTERS
        and len(name.split()) <= MAX_WORDS
        and any(map(str.isalpha, name))
        and (labelled or not _CHATTER.match(name))
        and not _REFUSAL.search(name)
    )
    return name if is_name else None


def _bare(line: str) -> str:
    """Without what stands around a name, however often it is wrapped."""
    while (inner := _unwrapped(line)) != line:
        line = inner
    return line


def _unwrapped(line: str) -> str:
    line = line.replace("**", "").lstrip(_BEFORE).rstrip(_AFTER)
    line = _NUMBERING.sub("", line, count=1) if _NUMBERING.match(line) else line
    bracketed = _IN_BRACKETS.fullmatch(line)
    return bracketed[1] if bracketed else line


def _one_line(text: str) -> str:
    """Without control and direction characters, white space single. Joiners stay: some scripts need them."""
    kept = (
        " " if character.isspace() else character
        for character in text
        if character.isspace() or character in "\u200c\u200d" or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(kept).split())
