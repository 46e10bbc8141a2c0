"""staging/05: an answer is an answer, whoever gave it; and judgments, ours and imported, in one table of readings."""

from typing import Any

from tests.sql.conftest import Given, Rows

SAID: dict[str, Any] = {"model_digest": "imported", "count_tokens": 7, "count_bold": 2}
IMPORTED: dict[str, Any] = {
    "question_ref": "q",
    "model": "m",
    "baseline": "base",
    "judge": "j",
    "baseline_first": True,
    "is_order_known": True,
    "verdict": "A>>B",
}


def test_calls_of_ours_and_given_answers_stand_together(given: Given, rows: Rows) -> None:
    """One row per answer: its key, text and state; of a given one the state is ok."""
    given(
        completions=[
            {"request_key": "call", "state": "ok", "text": "ours"},
            {"request_key": "cut", "state": "truncated", "text": "our"},
        ],
        answers=[
            {"prompt_id": "p", "model": "m", "model_digest": "m1", "request_key": "call"},
            {"prompt_id": "p", "model": "n", "model_digest": "n1", "request_key": "cut"},
        ],
        given_answers=[
            {"answer_key": "a", "question_ref": "p", "model": "m", "text": "theirs", **SAID},
            {"answer_key": "c", "question_ref": "p", "model": "canary-constant", "model_digest": "c1", "text": "well"},
        ],
    )
    query = "select question_ref, model, model_digest, answer_key, text, state from all_answers order by answer_key"
    assert rows(query) == [
        ("p", "m", "imported", "a", "theirs", "ok"),
        ("p", "canary-constant", "c1", "c", "well", "ok"),
        ("p", "m", "m1", "call", "ours", "ok"),
        ("p", "n", "n1", "cut", "our", "truncated"),
    ]


def test_style_is_null_until_it_is_measured(given: Given, rows: Rows) -> None:
    """Of our answers it stands in a relation of its own, of given ones beside the text; nothing counts twice."""
    given(
        completions=[{"request_key": key, "state": "ok", "text": "t"} for key in ("one", "two")],
        answers=[
            {"prompt_id": "p", "model": "m", "model_digest": digest, "request_key": digest} for digest in ("one", "two")
        ],
        answer_styles=[{"request_key": "one", "count_tokens": 5, "count_headers": 1, "count_lists": 2}],
        given_answers=[{"answer_key": "three", "question_ref": "p", "model": "m", **SAID}],
    )
    query = "select answer_key, count_tokens, count_headers, count_lists, count_bold from all_answers order by all"
    assert rows(query) == [("one", 5, 1, 2, 0), ("three", 7, 0, 0, 2), ("two", None, None, None, None)]


def test_an_answer_without_its_call_has_no_text(given: Given, rows: Rows) -> None:
    """A refused call has none either: the row is there, and who wants a text asks for one that is not null."""
    given(
        completions=[{"request_key": "refused", "state": "refused", "text": None}],
        answers=[{"prompt_id": "p", "model": "m", "model_digest": "m1", "request_key": "refused"}],
    )
    assert rows("select state, text from all_answers") == [("refused", None)]


def test_imported_verdicts_are_flipped_to_the_models_side(given: Given, rows: Rows) -> None:
    """As ours are: A is the model; one that cannot be read is null with its reason."""
    given(
        imported_judgments=[
            IMPORTED,
            {**IMPORTED, "baseline_first": False},
            {**IMPORTED, "replicate": 1, "verdict": "A=B"},
            {**IMPORTED, "replicate": 1, "baseline_first": False, "verdict": None, "reason": "missing"},
        ]
    )
    query = """
        select replicate, baseline_first, verdict, model_verdict, reason, judge_digest, model_digest, baseline_digest
        from games order by replicate, baseline_first desc
    """
    digests = ("imported",) * 3
    assert rows(query) == [
        (0, True, "A>>B", "B>>A", None, *digests),
        (0, False, "A>>B", "A>>B", None, *digests),
        (1, True, "A=B", "A=B", None, *digests),
        (1, False, None, None, "missing", *digests),
    ]


def test_an_order_that_nobody_knows_is_null(given: Given, rows: Rows) -> None:
    """By convention A is the baseline, so the verdict is flipped; but nobody can say that the baseline stood first."""
    given(imported_judgments=[{**IMPORTED, "is_order_known": False, "replicate": number} for number in (0, 1)])
    assert rows("select baseline_first, model_verdict from games") == [(None, "B>>A")] * 2


def test_every_imported_judgment_is_a_game_of_its_own(given: Given, rows: Rows) -> None:
    """Names with blanks in them never run into each other; known and unknown orders are told apart."""
    one, other = {"question_ref": "a", "judge": "b c"}, {"question_ref": "a b", "judge": "c"}
    given(
        imported_judgments=[
            {**IMPORTED, **one},
            {**IMPORTED, **other},
            {**IMPORTED, **other, "is_order_known": False},
            {**IMPORTED, **other, "model": "n"},
            {**IMPORTED, **other, "baseline": "other base"},
        ]
    )
    assert rows("select count(*), count(distinct (request_key, model, baseline)) from games") == [(5, 5)]


def test_imported_judgments_and_ours_of_one_question_stay_apart(given: Given, rows: Rows) -> None:
    """The same names on both sides: each game keeps the digests of what it compared, and is counted once."""
    ours = {"prompt_id": "q", "model": "m", "answer_key": "mine", "baseline": "base", "baseline_answer_key": "theirs"}
    given(
        answers=[
            {"prompt_id": "q", "model": "m", "model_digest": "m1", "request_key": "mine"},
            {"prompt_id": "q", "model": "base", "model_digest": "b1", "request_key": "theirs"},
        ],
        given_answers=[
            {"answer_key": f"given {model}", "question_ref": "q", "model": model, **SAID} for model in ("m", "base")
        ],
        judgments=[{**ours, "request_key": "call", "judge": "j", "judge_digest": "j1", "verdict": "B>A"}],
        imported_judgments=[{**IMPORTED, "baseline_first": False}],
    )
    query = "select judge_digest, model_digest, baseline_digest, model_verdict from games order by all"
    assert rows(query) == [("imported", "imported", "imported", "A>>B"), ("j1", "m1", "b1", "B>A")]
