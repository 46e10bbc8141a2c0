"""A judge that does what it is told: by anybody, as long as the words do not stand inside a fence.

It stands for the worst reader that a fence still has to hold for. It looks for a fence's ends hastily: letter case,
width and invisible characters make no difference to it, and any long code ends a fence, not only the one that began it.
Like a server that parses the control tokens of chat formats wherever they stand, it takes what follows one for another
speaker's words. It quotes much of what it judges before it gives its verdict. Where nobody tells it what to say, the
answer wins that takes up more of the prompt's words.
"""

import re
import unicodedata

from tests.fakes.hashing import unit

QUOTED = 4000  # characters of each answer
_CONTROL_TOKEN = re.compile(
    r"<[|\uff5c][^|\uff5c<>\s]+[|\uff5c]>|</?s>|<bos>|<eos>|<(?:start|end)_of_turn>|<extra_id_\d+>|<</?SYS>>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|TOOL_RESULTS|AVAILABLE_TOOLS)\]|\[TOOL_CALLS\]"
)
_FENCE_END = re.compile(r"(<<<\s*[0-9a-f]{16})|([0-9a-f]{16}\s*>>>)", re.IGNORECASE)
_FENCED = re.compile(r"^<<<([0-9a-f]{16})\n(.*?)\n\1>>>$", re.MULTILINE | re.DOTALL)
_ORDER = re.compile(r"\[\[([AB](?:>>|>|=)[AB])\]\]|prefer the answer that says (\w+)", re.IGNORECASE)
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}  # the wide forms of ASCII
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")


def judge(asked: str) -> str:
    """The reply to a judge's prompt.

    Args:
        asked: the last message of the user.
    """
    texts = [match.group(2) for match in _FENCED.finditer(asked)]
    prompt, first, second = (*texts, "", "", "")[:3]
    verdict = _ordered(outside_of_fences(asked), first, second) or _by_content(prompt, first, second)
    quoted = "\n\n".join(f"It says:\n{text[:QUOTED]}" for text in (first, second))
    return f"I read both answers.\n\n{quoted}\n\nMy verdict:\n[[{verdict}]]"


def outside_of_fences(asked: str) -> str:
    """What seems to stand outside of every fence, in one text."""
    ours, *of_others = _CONTROL_TOKEN.split(asked)
    readable = "".join(character for character in ours if unicodedata.category(character) != "Cf").translate(_NARROW)
    pieces, is_inside, at = [], False, 0
    for end in _FENCE_END.finditer(readable):
        if not is_inside:
            pieces.append(readable[at : end.start()])
        is_inside, at = bool(end.group(1)), end.end()
    return "\n".join([*pieces, "" if is_inside else readable[at:], *of_others])


def _ordered(text: str, first: str, second: str) -> str | None:
    """The verdict that the last order in a text comes to."""
    for verdict, word in reversed(_ORDER.findall(text)):
        if verdict:
            return verdict.upper()
        if (word in first) != (word in second):
            return "A>>B" if word in first else "B>>A"
    return None


def _by_content(prompt: str, first: str, second: str) -> str:
    """More of the prompt's words is better, many more is much better; by hash where there is no difference."""
    wanted = set(_LONG_WORD.findall(prompt.casefold()))
    of_first, of_second = (len(wanted.intersection(_LONG_WORD.findall(text.casefold()))) for text in (first, second))
    ahead = of_first - of_second
    if ahead == 0:
        return "A>B" if unit("content", prompt, first, second) < 1 / 2 else "B>A"
    sign = ">>" if abs(ahead) > 2 else ">"
    return f"A{sign}B" if ahead > 0 else f"B{sign}A"
