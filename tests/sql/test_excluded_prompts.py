"""staging/02: prompts that a public benchmark or a person turns away."""

from tests.sql.conftest import Given, Rows

OUTCOMES = """
    select stage, reason, public_benchmark, public_item_id, method, similarity, said_by, note
    from prompt_outcomes order by prompt_id
"""


def test_the_last_decision_about_a_prompt_counts(given: Given, rows: Rows) -> None:
    """Turned away and let in again; turned away for another reason than before."""
    given(
        exclusions=[
            {"prompt_id": "p1", "decision": 0, "reason": "vetoed"},
            {"prompt_id": "p1", "decision": 1, "is_lifted": True},
            {"prompt_id": "p2", "decision": 0, "reason": "public_benchmark"},
            {"prompt_id": "p2", "decision": 1, "reason": "vetoed", "said_by": "Ana"},
        ]
    )
    assert rows("select prompt_id, reason, said_by from excluded_prompts") == [("p2", "vetoed", "Ana")]


def test_an_excluded_prompt_is_accepted_under_no_digest(given: Given, rows: Rows) -> None:
    """Whatever its curation says."""
    accepted = {"curation_digest": "d", "outcome": "accepted"}
    given(
        prompts=[{"prompt_id": "p1"}, {"prompt_id": "p2"}],
        curations=[{"prompt_id": "p1", **accepted}, {"prompt_id": "p2", **accepted}],
        exclusions=[{"prompt_id": "p1", "decision": 0, "reason": "vetoed"}],
    )
    assert rows("select prompt_id from accepted_prompts") == [("p2",)]


def test_an_outcome_names_what_turned_the_prompt_away(given: Given, rows: Rows) -> None:
    """The item and how near, or the person and why; a question of a frozen version stays one."""
    given(
        prompts=[{"prompt_id": "p1"}, {"prompt_id": "p2"}, {"prompt_id": "p3"}],
        curations=[{"prompt_id": name, "curation_digest": "d", "outcome": "accepted"} for name in ("p1", "p2", "p3")],
        benchmarks=[{"benchmark_id": "v", "curation_digest": "d"}],
        questions=[{"benchmark_id": "v", "prompt_id": "p3"}],
        exclusions=[
            {
                "prompt_id": "p1",
                "decision": 0,
                "reason": "public_benchmark",
                "benchmark": "exam",
                "item_id": "i",
                "method": "words",
                "similarity": 0.9,
            },
            {"prompt_id": "p2", "decision": 0, "reason": "vetoed", "said_by": "Ana", "note": "about a client"},
            {"prompt_id": "p3", "decision": 0, "reason": "vetoed", "said_by": "Ana", "note": "too late"},
        ],
    )
    assert rows(OUTCOMES) == [
        ("curation", "public_benchmark", "exam", "i", "words", 0.9, None, None),
        ("curation", "vetoed", None, None, None, None, "Ana", "about a client"),
        ("question", None, None, None, None, None, "Ana", "too late"),
    ]


def test_items_of_a_list_stand_in_the_funnel_once(given: Given, rows: Rows) -> None:
    """So that every record that was read is counted."""
    given(public_items=[{"benchmark": "exam", "item_id": "i"}, {"benchmark": "exam", "item_id": "j"}])
    assert rows("from funnel") == [(2, "ingest", "public_benchmark_item", 2)]
