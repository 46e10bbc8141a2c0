"""What is to go wrong at the scripted server, and for whom: the rules a test sends to /script.

A new kind of trouble is a member of `Trouble` and its treatment in scripted_server.py (what happens on the wire) or in
completions.py (what the reply says); rules, counting and determinism come with it.
"""

import fnmatch
import time
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tests.fakes.hashing import unit

Endpoint = Literal["chat", "embeddings"]


class Trouble(StrEnum):
    """What can happen to a request instead of a good reply; /counts reports it as the state under the same name."""

    DEAD = "dead"  # the connection is closed without a word
    STALL = "stall"  # no reply, ever
    CUT = "cut"  # the connection closes in the middle of the body
    BAD_REQUEST = "400"
    BAD_KEY = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    UNREADABLE = "unreadable"  # status 200 and a body that is not JSON
    PAGE = "page"  # status 200 and a page for people, as gateways send it
    WRONG_SHAPE = "wrong_shape"  # status 200 and JSON of another kind
    TRUNCATED = "truncated"
    REFUSAL = "refusal"  # the field of its own that newer models refuse in
    CONTENT_FILTER = "content_filter"
    EMPTY = "empty"
    GARBAGE = "garbage"  # well-formed, but its text says nothing that was asked for
    WRONG_VERDICT = "wrong_verdict"  # well-formed, and its text holds what only looks like a verdict


class Rule(BaseModel):
    """One thing that goes wrong.

    Attributes:
        trouble: what happens.
        model: the models it happens to, as a pattern like ``model-*``.
        endpoint: where; both when absent.
        share: of the requests that it could happen to, from 0 to 1. Which ones is decided by the hash of the body and
            by how often that body has come, so that a retry has a fate of its own.
        after: how many matching requests pass unharmed before the rule begins.
        times: how often it happens at most.
        for_seconds: how long after being set it is in force.
        retry_after_seconds: is sent along as Retry-After.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    trouble: Trouble
    model: str = "*"
    endpoint: Endpoint | None = None
    share: float = Field(default=1.0, ge=0, le=1)
    after: int = Field(default=0, ge=0)
    times: int | None = Field(default=None, ge=0)
    for_seconds: float | None = None
    retry_after_seconds: float | None = None


class Script(BaseModel):
    """How the server behaves at present.

    Attributes:
        seed: another seed strikes other requests.
        latency_seconds: how long every reply takes.
        required_key: when set, requests without it as their bearer token get a 401.
        position_bias: how much a judge favours the answer that stands first; 1 is worth ten points of skill.
        judge_noise: how far a judge's opinion of one game strays at most, in the same measure; twenty points of skill
            win nine games in ten, forty all of them.
        is_numbering: the tokens that came in are reported as the number of the request among all, from 1, so that a
            client's record tells which request each of its rows is from; see GET /arrivals.
        rules: the first that strikes counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    latency_seconds: float = Field(default=0.0, ge=0)
    required_key: str | None = None
    position_bias: float = 0.6
    judge_noise: float = Field(default=3.0, ge=0)
    is_numbering: bool = False
    rules: tuple[Rule, ...] = ()


class RuleInForce:
    """A rule with the memory of what it did."""

    def __init__(self, rule: Rule, seed: int) -> None:
        self.rule = rule
        self._seed = seed
        # Two rules for 429, with and without Retry-After, must not strike the same requests.
        told = rule.retry_after_seconds
        self._name = rule.trouble.value if told is None else f"{rule.trouble} {told:g}"
        self._count_matched = 0
        self._count_struck = 0
        self._ends_at = float("inf") if rule.for_seconds is None else time.monotonic() + rule.for_seconds

    def strikes(self, model: str, endpoint: Endpoint, body: str, visit: int) -> bool:
        """Whether this request is hit.

        Args:
            model: as served.
            endpoint: where it came in.
            body: hash of the request's body.
            visit: how many requests with this body came before.
        """
        rule = self.rule
        if not fnmatch.fnmatchcase(model, rule.model) or rule.endpoint not in {None, endpoint}:
            return False
        self._count_matched += 1
        is_spent = rule.times is not None and self._count_struck >= rule.times
        if is_spent or self._count_matched <= rule.after or time.monotonic() >= self._ends_at:
            return False
        if unit(self._seed, self._name, rule.model, body, visit) >= rule.share:
            return False
        self._count_struck += 1
        return True
