"""Where API keys, tokens and other credentials stand in a text.

Two ways: a known shape (the prefixes that vendors give their keys), and a long random value beside a word such as
`key =` or `Bearer`. It misses short passwords, and keys that stand alone without a known prefix: a bare random
string is more often a hash, an id or test data.
"""

import re
from collections.abc import Iterator

_PREFIXES = {
    "sk-": r"sk-(?=[\w-]{0,64}\d)[\w-]{16,}",  # OpenAI, Anthropic, OpenRouter; the digit spares CSS
    "_live_": r"[spr]k_live_[A-Za-z0-9]{10,}",
    "_test_": r"[spr]k_test_[A-Za-z0-9]{10,}",
    "whsec_": r"whsec_[A-Za-z0-9]{16,}",
    "gh": r"gh[pousr]_[A-Za-z0-9]{20,}",
    "github_pat_": r"github_pat_\w{22,}",
    "glpat-": r"glpat-[\w-]{20,}",
    "AKIA": r"AKIA[A-Z0-9]{16}",
    "ASIA": r"ASIA[A-Z0-9]{16}",
    "AIza": r"AIza[\w-]{35}",
    "ya29.": r"ya29\.[\w-]{20,}",
    "GOCSPX-": r"GOCSPX-[\w-]{20,}",
    "xox": r"xox[a-z]-[\w-]{10,}",
    "xapp-": r"xapp-[\w-]{20,}",
    "hf_": r"hf_[A-Za-z0-9]{30,}",
    "gsk_": r"gsk_[A-Za-z0-9]{30,}",
    "xai-": r"xai-[A-Za-z0-9]{30,}",
    "r8_": r"r8_[A-Za-z0-9]{30,}",
    "npm_": r"npm_[A-Za-z0-9]{36}",
    "pypi-": r"pypi-[\w-]{50,}",
    "SG.": r"SG\.[\w-]{16,}\.[\w-]{16,}",
    "eyJ": r"(?<!-)eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*",  # a JSON web token
    ":AA": r"\d{8,10}:AA[\w-]{33}",  # a Telegram bot
}
_SHAPES = {hint: re.compile(rf"(?<![A-Za-z0-9_])(?:{shape})") for hint, shape in _PREFIXES.items()}

_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]|-(?!----))*+-----END [A-Z0-9 ]{0,60}-----"  # possessive: it never looks past the next five dashes
    r"|[A-Za-z0-9+/=\s\\]{40,}+)",
)
# user:password in a URL; a variable in their place ($USER, {user}, <user>) is no secret
_URL_LOGIN = re.compile(r"(?<=://)[^\s/:@${<]{1,64}:[^\s/:@${<]{1,128}(?=@)")
_VALUE = r"(?P<value>[\w+/.~=-]{16,}+)"
_BEARER_WORDS = ("bearer", "basic")
_BEARER = re.compile(rf"\b(?:Bearer|Basic)\s{{1,3}}{_VALUE}", re.IGNORECASE)
_ASSIGNED_WORDS = ("key", "token", "secret", "passw", "pwd", "credential")
_ASSIGNED = re.compile(
    r"(?:key|token|secret|passw(?:or)?d|passwd|pwd|credentials?)\w{0,20}['\"\]]{0,2}"
    rf"(?:\s{{0,3}}(?::=|=>|[:=])|\s{{1,3}}is:?)\s{{0,3}}['\"`]{{0,3}}{_VALUE}",
    re.IGNORECASE,
)
_RUN = re.compile(r"[a-z]+|[A-Z]+|[0-9]+")
MAX_MEAN_RUN = 3.0


def is_random(value: str) -> bool:
    """True when `value` looks drawn by chance: digits and letters that alternate, not words, paths or names.

    A random string changes between lower case, upper case and digits every one to two characters, hexadecimal about
    every two; `process.env.API_KEY_2` keeps to one for a word's length.
    """
    runs = _RUN.findall(value)
    if not any(run.isdigit() for run in runs) or all(run.isdigit() for run in runs):
        return False
    return sum(map(len, runs)) <= MAX_MEAN_RUN * len(runs)


def find_keys(text: str) -> Iterator[tuple[int, int]]:
    """Start and end, in characters, of each credential in `text`; spans may overlap and come in no order."""
    if "-----BEGIN" in text:
        yield from (match.span() for match in _PRIVATE_KEY.finditer(text))
    if "://" in text and "@" in text:
        yield from (match.span() for match in _URL_LOGIN.finditer(text))
    for hint, shape in _SHAPES.items():
        if hint in text:
            yield from (match.span() for match in shape.finditer(text))
    yield from _find_values(text)


def _find_values(text: str) -> Iterator[tuple[int, int]]:
    """Random values after a word; whether the word is there at all is cheaper to see than where."""
    lowered = text.lower()
    for words, pattern in ((_BEARER_WORDS, _BEARER), (_ASSIGNED_WORDS, _ASSIGNED)):
        if any(word in lowered for word in words):
            yield from (match.span("value") for match in pattern.finditer(text) if is_random(match["value"]))
