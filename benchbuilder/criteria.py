"""The seven criteria by which a prompt is found worth asking: how a model is asked, and how its reply is read.

Source: arXiv 2406.11939, section 4. Two ways to ask. With marks = "list" a model that follows instructions names all
that are met in one reply. With marks = "logprobs" it gets one yes/no question per criterion and writes nothing: its
first token's log-probabilities are read, which works with the smallest models too. The question stands last, so that a
server reads system text and prompt once for all seven.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from benchbuilder.errors import Unparsable
from benchbuilder.text import shorten_middle

TEMPLATE_LIST: Final = "criteria"
TEMPLATE_LOGPROBS: Final = "criterion"
# Raised with every change of what the functions below read, so that stored replies are read again.
PARSER_VERSION: Final = 2  # 2: lists that were cut off are unread
LENGTH_EXCERPT: Final = 200


@dataclass(frozen=True, slots=True)
class Criterion:
    """One quality of a prompt.

    Attributes:
        name: as the columns of annotations are called.
        number: 1 to 7, in the order of the paper.
        question: what a model is asked about a prompt; yes means that the criterion is met.
    """

    name: str
    number: int
    question: str


CRITERIA: Final = (
    Criterion("specificity", 1, "Does this prompt ask for a specific, well-defined result?"),
    Criterion("domain_knowledge", 2, "Does a good answer need knowledge of a special field?"),
    Criterion("complexity", 3, "Does this prompt have several parts or conditions that must all be met?"),
    Criterion("problem_solving", 4, "Does a good answer need analysis and reasoning in steps?"),
    Criterion("creativity", 5, "Does a good answer need ideas of its own rather than a known text?"),
    Criterion("technical_accuracy", 6, "Must a good answer be technically exact and free of errors?"),
    Criterion(
        "real_world_application", 7, "Does this prompt come from a real task that people have at work or in life?"
    ),
)


class TemplateValues(NamedTuple):
    """What a template is filled with, and whether the prompt had to be shortened for it."""

    values: dict[str, str]
    is_cut: bool


def criteria_values(prompt_text: str, max_characters: int) -> TemplateValues:
    """The values of the template `criteria`: prompt and the numbered criteria.

    Args:
        prompt_text: as the models see it.
        max_characters: that are kept of it, the note about the cut not counted.

    Raises:
        ValueError: max_characters is under 1.
    """
    numbered = "\n".join(f"{c.number}. {c.name.replace('_', ' ').capitalize()}: {c.question}" for c in CRITERIA)
    return _template_values(prompt_text, max_characters, {"criteria": numbered})


def criterion_values(prompt_text: str, criterion: Criterion, max_characters: int) -> TemplateValues:
    """The values of the template `criterion`: prompt and the one question; arguments as in `criteria_values`.

    Raises:
        ValueError: max_characters is under 1.
    """
    return _template_values(prompt_text, max_characters, {"question": criterion.question})


def _template_values(prompt_text: str, max_characters: int, others: Mapping[str, str]) -> TemplateValues:
    if max_characters < 1:
        raise ValueError(f"max_characters must be 1 or more, not {max_characters}")
    is_cut = len(prompt_text) > max_characters
    return TemplateValues({"prompt": shorten_middle(prompt_text, max_characters), **others}, is_cut)


def read_probability(logprobs: Mapping[str, float]) -> float | Unparsable:
    """P(yes) / (P(yes) + P(no)) of the first token of a reply to the template `criterion`.

    Args:
        logprobs: token to natural log-probability; tokens count by what is left without white space and case.

    Returns:
        0 to 1. It is not calibrated: compare it with other prompts' values, not with one half.
    """
    found = {word: [p for token, p in logprobs.items() if token.strip().casefold() == word] for word in ("yes", "no")}
    both = found["yes"] + found["no"]
    # Servers write -9999 or -inf for "hardly ever"; a nan or a clearly positive value is no log-probability.
    if not all(value < 1 for value in both):
        return Unparsable("bad_logprob", _end_of(str(both)))
    highest = max(both, default=-math.inf)
    if highest == -math.inf:
        return Unparsable("no_yes_no", _end_of(" ".join(logprobs)))
    # Relative to the highest, so that two tiny probabilities do not both become 0.
    yes, no = (math.fsum(math.exp(value - highest) for value in found[word]) for word in ("yes", "no"))
    return yes / (yes + no)


_NUMBER = r"[\"']?(?P<number>[0-9]{1,4})[\"']?"
_PLAIN_NUMBER = _NUMBER.replace("?P<number>", "?:")
_SEPARATOR = r"(?:\s{0,9}[,;]\s{0,9}(?:and\s{1,9})?|\s{1,9}(?:and|&)\s{1,9})"
_SERIES = rf"{_PLAIN_NUMBER}(?:{_SEPARATOR}{_PLAIN_NUMBER})"
# Not an index (`xs[1]`), a link (`[1](…)`) or a box to tick (`- [ ] `).
_BRACKETED = re.compile(rf"(?<![\w)\]])(?!\[ \] \S)\[\s{{0,9}}(?:{_SERIES}*)?,?\s{{0,9}}\](?!\()")
_INLINE = re.compile(rf"(?P<lead>[^0-9]*?)(?P<series>{_SERIES}+)\W{{0,4}}")
_NAMES = "|".join(criterion.name.replace("_", "[ _-]") for criterion in CRITERIA)
_BULLET = re.compile(r"[-*+•]\s{1,4}\W{0,3}[0-9]")
_BULLETED = re.compile(rf"[-*+•]\s{{1,4}}\*{{0,2}}{_NUMBER}\*{{0,2}}(?:\W{{1,4}}(?:{_NAMES}))?\W{{0,4}}", re.IGNORECASE)
_LEADS_TO_A_LIST = re.compile(
    r"criteri|\b(?:meets?|met|numbers?|qualit|satisf|fulfil|answer|list|marks?)|:\W*$", re.IGNORECASE
)
_NEGATION = re.compile(
    r"\b(?:not?|none|never|cannot|unmet|unsatisfied|unfulfilled|fail\w*|lack\w*|miss\w*|without|except|neither|nor)\b"
    r"|n['\u2019]t\b",
    re.IGNORECASE,
)
_CLAUSE_ENDS = re.compile(r"[.,;{}\n]")


def parse_marks(reply: str) -> frozenset[int] | Unparsable:
    """The numbers of the criteria that are met, from a reply to the template `criteria`.

    A list in square brackets counts before any other, as it is what was asked for: `[1, 2]`, `[]`, also within JSON. In
    its absence a line such as `1, 2 and 5` and a bulleted list do. Of two lists the last counts; one that is said to
    hold what is *not* met is passed over. A single number without brackets is none, as it may be a count.

    Returns:
        A subset of 1 to 7; Unparsable `no_list`, or `out_of_range` where the list holds other numbers too.
    """
    found = _last(_bracketed_lists(reply)) or _last(_plain_lists(reply))
    if found is None:
        return Unparsable("no_list", _end_of(reply))
    marks = frozenset(int(number) for number in re.findall("[0-9]+", found))
    if not marks <= {criterion.number for criterion in CRITERIA}:
        return Unparsable("out_of_range", _end_of(reply))
    return marks


def _last(found: Iterator[str]) -> str | None:
    return next(reversed(list(found)), None)


def _bracketed_lists(reply: str) -> Iterator[str]:
    for match in _BRACKETED.finditer(reply):
        label = _CLAUSE_ENDS.split(reply[max(0, match.start() - 100) : match.start()])[-1]
        if not _NEGATION.search(label.replace("_", " ")):
            yield match.group()


def _plain_lists(reply: str) -> Iterator[str]:
    """Series that fill a line, and blocks of bullets that hold a number each and nothing else but its name."""
    block: list[str] = []
    for line in [*reply.splitlines(), "end"]:  # so that the last block ends too
        text = line.strip()
        if _BULLET.match(text):
            block.append(text)
        elif text:
            if block and all(numbers := [_BULLETED.fullmatch(item) for item in block]):
                yield " ".join(match["number"] for match in numbers if match)
            block = []
            if (match := _INLINE.fullmatch(text)) and _is_lead(match["lead"]):
                yield match["series"]


def _is_lead(lead: str) -> bool:
    is_plain = not lead.strip("*_`\"' ")
    return is_plain or (bool(_LEADS_TO_A_LIST.search(lead)) and not _NEGATION.search(lead))


def _end_of(text: str) -> str:
    return text[-LENGTH_EXCERPT:]
