"""tests/fakes/script.py."""

import pydantic
import pytest

from tests.fakes.script import Rule, RuleInForce, Script, Trouble


def _struck(rule: Rule, *, seed: int = 0, visit: int = 0, count: int = 1000) -> list[int]:
    """Which of `count` different bodies the rule strikes."""
    in_force = RuleInForce(rule, seed)
    return [body for body in range(count) if in_force.strikes("model-70", "chat", str(body), visit)]


def test_a_share_strikes_about_that_many_requests_and_always_the_same() -> None:
    """10 % of 1,000 are 100, give or take three standard deviations."""
    rule = Rule(trouble=Trouble.RATE_LIMITED, share=0.1)
    assert 70 <= len(_struck(rule)) <= 130
    assert _struck(rule) == _struck(rule)


def test_a_retry_and_another_seed_have_fates_of_their_own() -> None:
    """Otherwise a share of the requests could never succeed."""
    rule = Rule(trouble=Trouble.EMPTY, share=0.1)
    assert set(_struck(rule)) != set(_struck(rule, visit=1))
    assert set(_struck(rule)) != set(_struck(rule, seed=1))


def test_a_rule_begins_after_some_requests_and_ends_after_some_times() -> None:
    """`after` requests pass, `times` are struck, the rest passes again."""
    assert _struck(Rule(trouble=Trouble.DEAD, after=3), count=5) == [3, 4]
    assert _struck(Rule(trouble=Trouble.DEAD, after=1, times=2), count=5) == [1, 2]


def test_a_rule_ends_with_its_time() -> None:
    """An outage of no seconds strikes nobody."""
    assert _struck(Rule(trouble=Trouble.DEAD, for_seconds=0)) == []
    assert len(_struck(Rule(trouble=Trouble.DEAD, for_seconds=600))) == 1000


@pytest.mark.parametrize(
    ("rule", "is_struck"),
    [
        (Rule(trouble=Trouble.DEAD, model="model-*"), True),
        (Rule(trouble=Trouble.DEAD, model="judge*"), False),
        (Rule(trouble=Trouble.DEAD, endpoint="chat"), True),
        (Rule(trouble=Trouble.DEAD, endpoint="embeddings"), False),
    ],
)
def test_a_rule_strikes_only_its_models_and_endpoint(rule: Rule, is_struck: bool) -> None:  # noqa: FBT001 (a parameter)
    """`model` is a pattern; `endpoint` is one of the two."""
    assert bool(_struck(rule)) == is_struck


@pytest.mark.parametrize(
    "wrong", [{"trouble": "toothache"}, {"trouble": "429", "share": 2}, {"trouble": "429", "p": 1}]
)
def test_a_wrong_word_in_a_rule_is_refused(wrong: dict[str, object]) -> None:
    """A misspelt rule that did nothing would make its test pass for nothing."""
    with pytest.raises(pydantic.ValidationError):
        Script.model_validate({"rules": [wrong]})
