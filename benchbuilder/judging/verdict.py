"""The five verdicts and how a judge's reply becomes one: from its text, or from the log-probabilities of one digit.

A reply that holds no verdict is an `Unparsable`: it is counted, never a tie and never a loss. Whoever changes what a
reply is read as raises `PARSER_VERSION`, so that stored replies are read again.
"""

import math
import re
from collections.abc import Mapping
from enum import StrEnum

from benchbuilder.errors import Unparsable

PARSER_VERSION = 2  # 2: replies that were cut off are unread
LENGTH_EXCERPT = 200


class Verdict(StrEnum):
    """Which of two answers is better, in five steps; A is the answer that was shown first, or the model's, see use."""

    A_MUCH_BETTER = "A>>B"
    A_BETTER = "A>B"
    TIE = "A=B"
    B_BETTER = "B>A"
    B_MUCH_BETTER = "B>>A"

    def flip(self) -> "Verdict":
        """The same verdict with the two answers named the other way round."""
        return SCALE[-1 - SCALE.index(self)]

    @property
    def score_of_first(self) -> float:
        """1 where A is better, 0 where B is, ½ for a tie."""
        return (1.0, 1.0, 0.5, 0.0, 0.0)[SCALE.index(self)]

    @property
    def is_strong(self) -> bool:
        """Whether one answer is much better."""
        return self in {Verdict.A_MUCH_BETTER, Verdict.B_MUCH_BETTER}


SCALE = tuple(Verdict)
DIGITS = ("1", "2", "3", "4", "5")
_WRITTEN = re.compile(r"\[\[[ \t]*([AB])[ \t]*(>>|<<|>|<|=)[ \t]*([AB])[ \t]*\]\]")
_FROM_THE_LEFT = {verdict.value: verdict for verdict in SCALE}
_FROM_THE_RIGHT = {verdict.value[::-1].replace(">", "<"): verdict for verdict in SCALE}  # B<<A is A>>B
_FORMS = _FROM_THE_LEFT | _FROM_THE_RIGHT


def parse_verdict(reply: str) -> Verdict | Unparsable:
    """The last well-formed verdict of a reply, so that one quoted from an answer cannot win over the judge's own.

    Well-formed is: two square brackets on each side, capital A and B, one of the signs; blanks inside are allowed, and
    so is the same verdict written from its other end (``[[B<A]]`` is ``[[A>B]]``). Single brackets, bare ``A>B`` and
    small letters are not verdicts, because judges write them in passing. A reply whose last five verdicts are the whole
    scale in its order has repeated the question, and chose nothing.

    Returns:
        The verdict, or Unparsable with reason ``no_verdict`` or ``repeats_the_scale``.
    """
    written = ("".join(match.groups()) for match in _WRITTEN.finditer(reply))
    named = [_FORMS[form] for form in written if form in _FORMS]
    if not named:
        return Unparsable("no_verdict", reply[-LENGTH_EXCERPT:])
    if tuple(named[-len(SCALE) :]) == SCALE:
        return Unparsable("repeats_the_scale", reply[-LENGTH_EXCERPT:])
    return named[-1]


def read_digit_verdict(logprobs: Mapping[str, float]) -> Verdict | Unparsable:
    """The most likely of the digits 1 (A much better) to 5 (B much better).

    The forms of one digit ("2", " 2") are added up. Digits that are exactly equally likely count as their mean, rounded
    towards the tie, so that neither side gains from an accident.

    Args:
        logprobs: token → natural log-probability, of the reply's first token.

    Returns:
        The verdict, or Unparsable with reason ``no_digit`` where none of the five has a finite log-probability.
    """
    readable = {
        token: logprob for token, logprob in logprobs.items() if token.strip() in DIGITS and math.isfinite(logprob)
    }
    if not readable:
        return Unparsable("no_digit", " ".join(repr(token) for token in logprobs)[:LENGTH_EXCERPT])
    highest = max(readable.values())  # taken off before exp, so that very unlikely digits do not all become 0
    likelihood: dict[str, float] = dict.fromkeys(DIGITS, 0.0)
    for token, logprob in readable.items():
        likelihood[token.strip()] += math.exp(logprob - highest)
    likely = [step for step, digit in enumerate(DIGITS) if likelihood[digit] == max(likelihood.values())]
    tie = SCALE.index(Verdict.TIE)
    return SCALE[tie + int(sum(likely) / len(likely) - tie)]
