"""staging/02: the prompts that curation let pass."""

from tests.sql.conftest import Given, Rows


def test_a_prompt_is_accepted_under_the_digests_that_accepted_it(given: Given, rows: Rows) -> None:
    """Other settings may judge otherwise; a rejected prompt and one not curated are absent."""
    given(
        prompts=[{"prompt_id": name, "text": f"text of {name}"} for name in ("p1", "p2", "p3")],
        curations=[
            {
                "prompt_id": "p1",
                "curation_digest": "d1",
                "outcome": "accepted",
                "language": "en",
                "count_tokens": 7,
            },
            {"prompt_id": "p1", "curation_digest": "d2", "outcome": "rejected", "reason": "too_short"},
            {"prompt_id": "p2", "curation_digest": "d1", "outcome": "rejected", "reason": "language"},
            {"prompt_id": "p2", "curation_digest": "d2", "outcome": "accepted"},
        ],
    )
    assert rows("from accepted_prompts order by curation_digest, prompt_id") == [
        ("d1", "p1", "text of p1", "en", 7),
        ("d2", "p2", "text of p2", None, None),
    ]
