"""The ledger against an endpoint at which one request in three goes wrong: nothing is lost and nothing made up."""

from collections import Counter

from benchbuilder.errors import Unparsable
from benchbuilder.judging.verdict import Verdict, parse_verdict
from benchbuilder.ledger import Counted, Settled
from benchbuilder.llm.requests import Request
from tests.fakes.chaos import Chaos, count_attempts_told
from tests.fakes.running import RunningServer
from tests.fakes.script import Trouble
from tests.unit.ledger.conftest import Desk

IMPATIENT = {"scripted": {"limits": {"concurrency": 64, "timeout_seconds": 2, "deadline_seconds": 120}}}
CHAOS = Chaos(
    {
        Trouble.RATE_LIMITED: 0.10,
        Trouble.UNREADABLE: 0.02,
        Trouble.PAGE: 0.02,
        Trouble.WRONG_SHAPE: 0.01,
        Trouble.EMPTY: 0.05,
        Trouble.STALL: 0.01,
        Trouble.GARBAGE: 0.03,
        Trouble.WRONG_VERDICT: 0.02,
        Trouble.UNAVAILABLE: 0.01,
        Trouble.CUT: 0.01,
        Trouble.DEAD: 0.01,
        Trouble.TRUNCATED: 0.01,
        Trouble.REFUSAL: 0.01,
    },
    share_told=1.0,
    retry_after_seconds=0.05,
)
SEEN_FOR_SURE = [{"trouble": trouble, "times": 1} for trouble in ("stall", "cut", "dead", "empty", "page", "garbage")]


def _games(count: int) -> list[Request]:
    """So many games that the first answer wins by far: a judge that is heard never finds a tie."""
    values = {"answer_a": "as far as skill 99 goes", "answer_b": "as far as skill 1 goes"}
    return [
        Request("judge", "judge", "", {"prompt": f"game {number}", **values}, {"served_model": "judge"}, "judge")
        for number in range(count)
    ]


def _read(counted: Counted) -> Verdict | Unparsable:
    return Unparsable("refused") if counted.state == "refused" else parse_verdict(counted.text or "")


def test_under_chaos_both_books_say_the_same(desk: Desk, scripted_server: RunningServer) -> None:
    """By attempt, state and reason; every request is settled or open, and whatever failed became no verdict."""
    scripted_server.script(seed=1, rules=[*SEEN_FOR_SURE, *CHAOS.rules()])
    games, settled = _games(200), Settled()
    report = desk.fulfil(games, _read, settle=settled.add, endpoints=IMPATIENT)
    counts = scripted_server.counts()
    rows = desk.warehouse.read("select attempt, state, reason, count(*) from completions group by all").rows()
    assert Counter({tuple(row[:3]): row[3] for row in rows}) == count_attempts_told(counts.states_by_body)
    assert {"429", *(rule["trouble"] for rule in SEEN_FOR_SURE)} <= counts.by_model["judge"].keys()
    assert len(counts.bodies) == len(settled) + report.count_open == 200
    assert {counted.state for counted in settled.values()} <= {"ok", "truncated", "refused"}
    verdicts = Counter(_read(counted) for counted in settled.values())
    assert {verdict for verdict in verdicts if isinstance(verdict, Verdict)} == {Verdict.A_MUCH_BETTER}
    heard = sum("ok" in states for states in counts.states_by_body.values())
    assert verdicts[Verdict.A_MUCH_BETTER] == heard


def test_after_chaos_only_what_is_open_is_asked(desk: Desk, scripted_server: RunningServer) -> None:
    """The next run finds an endpoint that behaves, asks what had failed and nothing else; the one after it, nothing."""
    scripted_server.script(rules=Chaos({Trouble.EMPTY: 0.4, Trouble.PAGE: 0.2}).rules())
    games = _games(60)
    report = desk.fulfil(games, _read)
    assert 0 < report.count_open < 60
    scripted_server.script(rules=[])
    assert desk.fulfil(games, _read).count_calls == report.count_open
    assert desk.fulfil(games, _read).count_calls == 0
