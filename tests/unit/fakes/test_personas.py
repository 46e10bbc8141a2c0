"""tests/fakes/personas.py: what the scripted models say can be read as what real ones say."""

import math
import statistics

import pytest

from benchbuilder.criteria import parse_marks, read_probability
from benchbuilder.judging.verdict import Verdict, parse_verdict, read_digit_verdict
from benchbuilder.prompts import delimiter_of, fence, load_template
from tests.fakes.completions import chat_completion
from tests.fakes.hashing import body_hash
from tests.fakes.personas import Question, Reply, count_criteria_met, reply_to, skill_of
from tests.fakes.script import Script

PROMPTS = [f"Write a program that sorts {number} parcels by weight, and say why it ends." for number in range(300)]


def _reply(model: str, text: str, *, is_one_token: bool = False, script: Script | None = None) -> Reply:
    return reply_to(Question(model, text, is_one_token, sampling="0"), script or Script())


def _fenced(prompt: str) -> str:
    return fence(prompt, delimiter_of(prompt))


def _answer(model: str, prompt: str) -> str:
    return _reply(model, prompt).text


def _verdict(prompt: str, first: str, second: str, **script: float) -> Verdict:
    """What a judge says of two models' answers, asked as we ask it."""
    values = {"prompt": prompt, "answer_a": _answer(first, prompt), "answer_b": _answer(second, prompt)}
    messages = load_template("judge").render(values, delimiter=delimiter_of(prompt))
    question = Question.from_body({"model": "judge", "messages": messages})
    verdict = parse_verdict(reply_to(question, Script.model_validate(script)).text)
    assert isinstance(verdict, Verdict)
    return verdict


def test_an_annotator_finds_six_or_seven_criteria_in_some_prompts() -> None:
    """Enough prompts are kept, enough are turned away, and each gets the same list each time."""
    marks = [parse_marks(_reply("annotator", _fenced(prompt)).text) for prompt in PROMPTS]
    found = [mark for mark in marks if isinstance(mark, frozenset)]
    assert [len(mark) for mark in found] == [count_criteria_met(prompt) for prompt in PROMPTS]
    assert 0.5 < statistics.mean(len(mark) >= 6 for mark in found) < 0.66
    assert statistics.mean(map(len, found)) > 5


def test_an_annotators_yes_is_likelier_for_better_prompts() -> None:
    """Asked for one token, it says how likely a yes is; the criterion in the text moves it a little."""

    def yes(prompt: str, criterion: str) -> float:
        likelihoods = _reply("annotator", f"{_fenced(prompt)}\nIs it {criterion}?", is_one_token=True).likelihoods
        assert likelihoods is not None
        assert sum(likelihoods.values()) == pytest.approx(1)
        probability = read_probability({token: math.log(likelihood) for token, likelihood in likelihoods.items()})
        assert isinstance(probability, float)
        return probability

    best, worst = max(PROMPTS, key=count_criteria_met), min(PROMPTS, key=count_criteria_met)
    assert yes(best, "clear") > 0.7
    assert yes(worst, "clear") < 0.3
    assert yes(best, "clear") != yes(best, "hard")


def test_a_namer_names_by_the_words_that_occur_most() -> None:
    """The name is short."""
    samples = _fenced("sorting parcels\nsorting letters by weight\nthe weight of sorting")
    assert _reply("namer", f"Name this:\n{samples}").text == "Sorting and weight"


def test_answers_carry_their_models_skill_and_differ_in_length_and_style() -> None:
    """What the judge is to find stands in the answer; everything else about it is by hash."""
    answers = [_answer("model-70", prompt) for prompt in PROMPTS]
    lengths = [len(answer.split()) for answer in answers]
    assert all("skill 70" in answer for answer in answers)
    assert min(lengths) < 30
    assert max(lengths) > 90
    assert 0.2 < statistics.mean("- **" in answer for answer in answers) < 0.5
    assert answers == [_answer("model-70", prompt) for prompt in PROMPTS]


@pytest.mark.parametrize(("model", "skill"), [("model-70", 70), ("model-5-large", 5), ("model-999", 100)])
def test_a_models_skill_is_the_number_in_its_name(model: str, skill: int) -> None:
    """At most 100."""
    assert skill_of(model) == skill


def test_a_judge_prefers_skill_in_either_order() -> None:
    """Sixty points are more than noise and position together; twenty leave a few games to chance."""
    assert {_verdict(prompt, "model-80", "model-20").score_of_first for prompt in PROMPTS} == {1}
    assert {_verdict(prompt, "model-20", "model-80").score_of_first for prompt in PROMPTS} == {0}
    first = statistics.mean(_verdict(prompt, "model-70", "model-50").score_of_first for prompt in PROMPTS)
    second = statistics.mean(1 - _verdict(prompt, "model-50", "model-70").score_of_first for prompt in PROMPTS)
    assert 0.75 < second < first < 0.98


def test_a_judge_favours_the_answer_that_stands_first() -> None:
    """Between equals the first wins more often than the second; without the bias it does not."""
    biased = statistics.mean(_verdict(prompt, "model-50", "rival-50").score_of_first for prompt in PROMPTS)
    fair = statistics.mean(
        _verdict(prompt, "model-50", "rival-50", position_bias=0).score_of_first for prompt in PROMPTS
    )
    assert biased > 0.6
    assert 0.42 < fair < 0.58


def test_a_judge_of_digits_means_the_same_as_one_that_writes() -> None:
    """Log-probabilities in OpenAI's shape, which our reader understands."""
    prompt = PROMPTS[0]
    values = {"prompt": prompt, "answer_a": _answer("model-90", prompt), "answer_b": _answer("model-20", prompt)}
    messages = load_template("judge_digit").render(values, delimiter=delimiter_of(prompt))
    body = {"model": "judge", "messages": messages, "max_tokens": 1, "logprobs": True, "top_logprobs": 20}
    served = chat_completion(body, body_hash(body), Script(), None)
    (first_token,) = served.body["choices"][0]["logprobs"]["content"]
    logprobs = {entry["token"]: entry["logprob"] for entry in first_token["top_logprobs"]}
    assert served.state == "ok"
    assert read_digit_verdict(logprobs) is Verdict.A_MUCH_BETTER


def test_a_judge_that_sees_no_answers_gives_no_verdict() -> None:
    """A prompt of ours that lost its fences must not go unnoticed."""
    assert "[[" not in _reply("judge", "Which is better?").text
