"""What is paid is never asked again, and what failed is, as often as the settings say."""

from collections import Counter

import pytest

from benchbuilder.errors import IncompleteError, Unparsable
from benchbuilder.ledger import Counted, Ledger, Report, Settled
from benchbuilder.ledger.counting import KeyIndex
from benchbuilder.ledger.traffic import WINDOW
from benchbuilder.llm.requests import Request
from tests.fakes.running import RunningServer
from tests.unit.ledger.conftest import ONE_AT_A_TIME, PRICED, Desk, completions, questions


def never(counted: Counted) -> Unparsable:
    """A reading that can read nothing."""
    return Unparsable("no_verdict", counted.text or "")


def test_only_what_is_not_paid_is_asked(desk: Desk, scripted_server: RunningServer) -> None:
    """Five are paid, three are new: three calls."""
    assert str(desk.fulfil(questions(5))) == "ask: 5 calls, 0 paid already"
    report = desk.fulfil(questions(8))
    assert (report.count_wanted, report.count_paid, report.count_calls) == (8, 5, 3)
    assert scripted_server.counts().count_requests == 8
    assert scripted_server.counts().count_repeated == 0


def test_the_second_time_nothing_is_asked(desk: Desk, scripted_server: RunningServer) -> None:
    """Not even where nobody would answer; and the replies are all there."""
    desk.fulfil(questions(5))
    scripted_server.stop()
    report = desk.fulfil(questions(5))
    assert str(report) == "ask: 0 calls, 5 paid already"
    report.check_complete()
    assert desk.warehouse.read("select count(*) from completions where text like '%skill 50%'").item() == 5


def test_nothing_to_ask_is_no_call(desk: Desk, scripted_server: RunningServer) -> None:
    """No requests, no client, no file in the spool."""
    assert str(desk.fulfil([])) == "ask: 0 calls, 0 paid already"
    assert scripted_server.counts().count_requests == 0
    assert desk.spooled() == []


def test_the_same_request_twice_is_asked_once(desk: Desk, scripted_server: RunningServer) -> None:
    """Two who want the same pay once."""
    report = desk.fulfil([*questions(3), *questions(3)])
    assert (report.count_wanted, report.count_calls, report.count_paid) == (6, 3, 3)
    assert scripted_server.counts().count_requests == 3


def test_the_same_request_is_asked_once_also_when_the_first_is_over(desk: Desk, scripted_server: RunningServer) -> None:
    """One call at a time: when the second of two comes, the first has its reply, and was looked up long before."""
    report = desk.fulfil([*questions(3), *questions(3)], endpoints=ONE_AT_A_TIME)
    assert (report.count_wanted, report.count_calls, report.count_paid) == (6, 3, 3)
    assert scripted_server.counts().count_requests == 3


def test_the_same_request_is_asked_once_also_when_it_comes_much_later(
    desk: Desk, scripted_server: RunningServer
) -> None:
    """In a window of its own, when the first is no longer in memory."""
    first, *others = questions(WINDOW)
    settled = Settled()
    paid = completions([(request.request_key, 0, "ok") for request in others])
    desk.warehouse.append("completions", paid)
    report = desk.fulfil([first, *others, first], settle=settled.add, endpoints=ONE_AT_A_TIME)
    assert (report.count_wanted, report.count_calls, report.count_paid) == (WINDOW + 1, 1, WINDOW)
    assert len(settled) == WINDOW
    assert scripted_server.counts().count_requests == 1


@pytest.mark.parametrize("trouble", ["empty", "unreadable", "400"])
def test_a_failed_call_is_asked_again_in_the_run(desk: Desk, scripted_server: RunningServer, trouble: str) -> None:
    """As often as the settings say; what comes then counts, both are on record."""
    scripted_server.fail(trouble, times=1)
    report = desk.fulfil(questions(1))
    assert desk.attempts() == [(0, "api_error"), (1, "ok")]
    assert str(report) == "ask: 2 calls, 0 paid already, 1 api_error"
    report.check_complete()


def test_a_call_that_goes_on_failing_is_left_for_the_next_run(desk: Desk, scripted_server: RunningServer) -> None:
    """One run tries `attempts.api_error` times and says what is open; the next begins anew, its attempts count on."""
    scripted_server.fail("empty", times=4)
    report = desk.fulfil(questions(1), attempts={"api_error": 3})
    assert str(report) == "ask: 3 calls, 0 paid already, 3 api_error, 1 still open"
    with pytest.raises(IncompleteError, match="1 still open"):
        report.check_complete()
    report = desk.fulfil(questions(1))
    assert (report.count_paid, report.count_calls, report.count_open) == (0, 2, 0)
    assert desk.attempts() == [(0, "api_error"), (1, "api_error"), (2, "api_error"), (3, "api_error"), (4, "ok")]


@pytest.mark.parametrize(("trouble", "state"), [("truncated", "truncated"), ("refusal", "refused")])
def test_a_truncated_or_refused_reply_is_final(
    desk: Desk, scripted_server: RunningServer, trouble: str, state: str
) -> None:
    """Nothing is open, no later run asks, unless the settings grant more attempts, which count over all runs."""
    scripted_server.fail(trouble)
    desk.fulfil(questions(1)).check_complete()
    assert desk.fulfil(questions(1)).count_calls == 0
    assert desk.fulfil(questions(1), attempts={state: 3}).count_calls == 2
    assert desk.fulfil(questions(1), attempts={state: 3}).count_calls == 0
    assert desk.attempts() == [(0, state), (1, state), (2, state)]


def test_what_cannot_be_read_is_asked_twice_over_all_runs(desk: Desk) -> None:
    """Then it is final: paid, and read as nothing; a reading that can read it costs nothing."""
    report = desk.fulfil(questions(2), never)
    assert (report.count_calls, report.count_open) == (4, 0)
    assert desk.fulfil(questions(2), never).count_calls == 0
    assert desk.fulfil(questions(2), never, attempts={"unparsable": 3}).count_calls == 2
    assert desk.fulfil(questions(2)).count_calls == 0


def test_an_unread_reply_is_not_asked_for_ever(desk: Desk, scripted_server: RunningServer) -> None:
    """Where its second attempt fails it is open for the next run, where it is truncated it is final."""
    scripted_server.fail("empty", after=1)
    report = desk.fulfil(questions(1), never, endpoints=ONE_AT_A_TIME)
    assert (report.count_calls, report.count_open) == (3, 1)
    scripted_server.reset()
    scripted_server.fail("truncated")
    report = desk.fulfil(questions(1), never)
    assert (report.count_calls, report.count_open) == (1, 0)
    assert desk.fulfil(questions(1), never).count_calls == 0
    assert [state for _, state in desk.attempts()] == ["ok", "api_error", "api_error", "truncated"]


def test_only_what_is_settled_may_become_a_row(desk: Desk, scripted_server: RunningServer) -> None:
    """What a later run would ask again is not: failed calls, and unread replies with an attempt left."""
    asked, settled = questions(3), Settled()
    desk.fulfil(asked[:1], settle=settled.add)
    scripted_server.fail("empty")
    desk.fulfil(asked[1:2], settle=settled.add)
    assert settled.keys() == {asked[0].request_key}
    ledger = Ledger(desk.warehouse, desk.settings(), "reader")
    assert KeyIndex(ledger.warehouse).find(asked).keys() == {request.request_key for request in asked[:2]}


def test_costs_sum_all_attempts_by_price(desk: Desk, scripted_server: RunningServer) -> None:
    """A reply that could not be used was paid for too."""
    scripted_server.fail("truncated", times=1)
    report = desk.fulfil(questions(1), models=PRICED, attempts={"truncated": 2})
    tokens = scripted_server.counts().tokens_by_model["model-50"]
    expected = 1.0 * tokens["prompt_tokens"] + 2.0 * tokens["completion_tokens"]
    assert report.cost_usd == pytest.approx(expected)
    assert desk.warehouse.read("select total_cost_usd from completions_counted").item() == pytest.approx(expected)
    assert f"{expected:.4f} USD" in str(report)


def test_vectors_have_length_one_and_their_call_one_row(desk: Desk) -> None:
    """A call with three texts is one completion and three embeddings that name it."""
    texts = {f"{place:04}": text for place, text in enumerate(["sun", "moon", "a longer text about rain"])}
    sampling = {"served_model": "embedder", "max_input_tokens": 256}
    request = Request("embed", "embedder", "r1", texts, sampling, prompt_ids=("p1", "p2", "p3"))
    assert desk.fulfil([request]).count_calls == 1
    rows = desk.warehouse.read("select prompt_id, embedder, revision, request_key, vector from embeddings order by all")
    assert rows["prompt_id"].to_list() == ["p1", "p2", "p3"]
    assert rows.select("embedder", "revision", "request_key").unique().rows() == [
        ("embedder", "r1", request.request_key)
    ]
    lengths = [sum(number * number for number in vector) ** 0.5 for vector in rows["vector"]]
    assert lengths == pytest.approx([1.0] * 3, abs=1e-6)
    assert desk.attempts() == [(0, "ok")]
    assert desk.fulfil([request]).count_calls == 0


def test_log_probabilities_come_back_as_they_were(desk: Desk) -> None:
    """From the reply through the warehouse to the reading."""
    sampling = {"served_model": "judge", "max_tokens": 1, "logprobs": True, "top_logprobs": 20}
    values = {"prompt": "Why?", "answer_a": "skill 10", "answer_b": "skill 90"}
    request = Request("judge", "judge", "", values, sampling, template="judge_digit")
    seen: list[Counted] = []
    desk.fulfil([request], seen.append)
    (counted,) = seen[-1:]
    assert counted.state == "ok"
    assert set(counted.logprobs or {}) == set("12345")
    assert all(logprob <= 0 for logprob in (counted.logprobs or {}).values())


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (Report("embed", 3, count_paid=3), "embed: 0 calls, 3 paid already"),
        (
            Report("judge m by j", 2000, 1188, Counter(ok=1200, api_error=3, refused=1), 2, 0.12345),
            "judge m by j: 1,204 calls, 1,188 paid already, 3 api_error, 1 refused, 2 still open, 0.1235 USD",
        ),
    ],
)
def test_a_report_says_what_was_done_and_what_is_left(report: Report, told: str) -> None:
    """Calls, what was paid before, failures by state, what is open, the cost; zeros but those of calls are left out."""
    assert str(report) == told
