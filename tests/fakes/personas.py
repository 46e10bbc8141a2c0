"""What the scripted server's models say. Who speaks depends on how the served model name begins.

annotator*  which of the seven criteria a prompt meets, as a list or as yes/no likelihoods of one criterion
namer*      a short name for a topic
judge*      a comparison and a verdict, or likelihoods of the digits 1 to 5
obedient*   a judge that does what it is told outside of fences, see obedient_judge.py
any other   an answer that carries the hidden skill in the model's name: `model-70` writes "skill 70"
"""

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.fakes import obedient_judge
from tests.fakes.hashing import fingerprint, unit
from tests.fakes.script import Script

_FENCED = re.compile(r"<<<([0-9a-f]{16})\n(.*?)\n\1>>>", re.DOTALL)
_SKILL = re.compile(r"\bskill (\d+)")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
# Three prompts in five meet 6 or 7, 5.3 on average: with the default thresholds most topics pass and some do not.
_SHARES_OF_COUNT_MET = (0.02, 0.02, 0.04, 0.06, 0.10, 0.18, 0.30, 0.28)
_VERDICTS = ((1.5, "A>>B"), (0.5, "A>B"), (-0.5, "A=B"), (-1.5, "B>A"), (-math.inf, "B>>A"))
_TALK = (
    "The short form of it stands first, the reasons after it.",
    "It helps to begin with what is known and to leave the rest for later.",
    "One example says more than the rule, so here is one.",
    "Where two ways lead there, the plain one is easier to check.",
    "This holds as long as nothing else changes meanwhile.",
    "Some of it depends on what you want to keep.",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a chat request asks, as far as a persona looks at it."""

    model: str
    text: str  # of all messages
    is_one_token: bool
    sampling: str
    asked: str = ""  # the last message of the user

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> "Question":
        """Read the fields of a chat completion request."""
        said = [str(message.get("content") or "") for message in body["messages"]]
        sampling = f"{body.get('temperature')} {body.get('seed')}"
        asked = [str(message.get("content") or "") for message in body["messages"] if message.get("role") == "user"]
        return cls(str(body["model"]), "\n\n".join(said), max_tokens_of(body) == 1, sampling, (asked or [""])[-1])

    def fenced_texts(self) -> list[str]:
        """The untrusted texts, in their order."""
        return [match.group(2) for match in _FENCED.finditer(self.text)]

    def prompt(self) -> str:
        """The prompt that the request is about: the first fenced text, or all there is."""
        return (self.fenced_texts() or [self.text])[0]


class Reply(NamedTuple):
    """What a model says, and where it is asked for one token, how likely it finds which."""

    text: str
    likelihoods: dict[str, float] | None = None


def max_tokens_of(body: dict[str, Any]) -> int | None:
    """The limit under either of its names."""
    return body.get("max_completion_tokens") or body.get("max_tokens")


def reply_to(question: Question, script: Script) -> Reply:
    """What the model that the question names would say."""
    if question.model.startswith("annotator"):
        return _yes_or_no(question) if question.is_one_token else _list_of_criteria(question)
    if question.model.startswith("namer"):
        return Reply(_topic_name(question))
    if question.model.startswith("judge"):
        return _judgment(question, script)
    if question.model.startswith("obedient"):
        return Reply(obedient_judge.judge(question.asked))
    return Reply(_answer(question))


def count_criteria_met(prompt: str) -> int:
    """How many of the seven criteria every annotator finds in this prompt."""
    drawn = unit("criteria", prompt)
    for count, share in enumerate(_SHARES_OF_COUNT_MET):
        drawn -= share
        if drawn < 0:
            return count
    return len(_SHARES_OF_COUNT_MET) - 1


def skill_of(model: str) -> int:
    """The hidden skill in a model's name, 0 to 100; by hash where the name holds no number."""
    number = re.search(r"\d+", model)
    return min(int(number.group()), 100) if number else 20 + int(60 * unit("skill", model))


def _list_of_criteria(question: Question) -> Reply:
    prompt = question.prompt()
    identity = fingerprint(prompt)
    by_rank = sorted(range(1, 8), key=lambda criterion: unit("criterion", criterion, identity))
    return Reply(f"I took the questions one by one.\n{sorted(by_rank[: count_criteria_met(prompt)])}")


def _yes_or_no(question: Question) -> Reply:
    """The more criteria a prompt meets, the likelier the yes to any of them; the whole text names the criterion."""
    yes = 0.05 + 0.9 * (0.8 * count_criteria_met(question.prompt()) / 7 + 0.2 * unit("yes", question.text))
    forms = {"Yes": yes * 0.7, "yes": yes * 0.3, "No": (1 - yes) * 0.7, "no": (1 - yes) * 0.3}
    return Reply("Yes" if yes > 1 / 2 else "No", forms)


def _topic_name(question: Question) -> str:
    """Named by the two long words that occur most."""
    words = Counter(_LONG_WORD.findall("\n".join(question.fenced_texts() or [question.text]).casefold()))
    by_count = sorted(words, key=lambda word: (-words[word], word))[:2]
    return " and ".join(by_count).capitalize() or "Short remarks"


def _judgment(question: Question, script: Script) -> Reply:
    texts = question.fenced_texts()
    if len(texts) < len(("prompt", "answer A", "answer B")):
        return Reply("I do not see two answers here.")
    advantage = _advantage_of_first(question.model, texts[-3], texts[-2], texts[-1], script)
    if question.is_one_token:
        likelihoods = _digit_likelihoods(advantage)
        return Reply(max(likelihoods, key=lambda digit: likelihoods[digit]), likelihoods)
    verdict = next(written for least, written in _VERDICTS if advantage > least)
    mine = "My own answer would begin with what the prompt takes for granted."
    return Reply(f"{mine}\nHeld against it, the answers differ in what they leave out.\n[[{verdict}]]")


def _advantage_of_first(judge: str, prompt: str, first: str, second: str, script: Script) -> float:
    """How much better the first answer seems; the noise of a game is the same in both orders, but for a quarter."""
    pair = sorted([first, second])
    sign = 1 if first == pair[0] else -1
    of_game = sign * (unit("game", judge, prompt, *pair) - 1 / 2)
    of_order = unit("order", judge, prompt, first, second) - 1 / 2
    skill = (_shown_skill(first) - _shown_skill(second)) / 10
    return skill + script.position_bias + 2 * script.judge_noise * (0.75 * of_game + 0.25 * of_order)


def _shown_skill(answer: str) -> int:
    found = _SKILL.search(answer)
    return int(found.group(1)) if found else 0


def _digit_likelihoods(advantage: float) -> dict[str, float]:
    """1 is for a first answer that is much better, 5 for a second one."""
    centre = 3 - max(-2.0, min(2.0, advantage))
    weights = {str(digit): math.exp(-((digit - centre) ** 2)) for digit in range(1, 6)}
    return {digit: weight / sum(weights.values()) for digit, weight in weights.items()}


def _answer(question: Question) -> str:
    """A text of 20 to 120 words or so; some have headings and lists, so that there is a style to control for."""
    identity = fingerprint(question.model, question.text, question.sampling)
    words = _LONG_WORD.findall(question.prompt()) or ["this"]
    chosen = [words[int(unit("word", place, identity) * len(words))] for place in range(6)]
    talk = [
        _TALK[int(unit("talk", place, identity) * len(_TALK))] for place in range(int(1 + 8 * unit("length", identity)))
    ]
    opening = f"About {chosen[0]} and {chosen[1]}, as far as skill {skill_of(question.model)} goes."
    if unit("style", identity) < 1 / 3:
        items = "\n".join(f"- **{word}**: {sentence}" for word, sentence in zip(chosen[2:], talk, strict=False))
        return f"## {chosen[0]}\n\n{opening}\n\n{items}\n\n{' '.join(talk[4:])}".strip()
    return " ".join([opening, *talk])
