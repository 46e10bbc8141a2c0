"""staging/04: when, how often and by how many a prompt was sent."""

from tests.sql.conftest import At, Given, Rows


def test_sightings_of_one_prompt_are_summed_up(given: Given, rows: Rows, at: At) -> None:
    """Where a source does not say when, the time of reading stands in; unknown senders are not counted."""
    given(
        sightings=[
            {"prompt_id": "p", "source": "votes", "seen_at": at(5), "sender": "a", "turn": 3},
            {"prompt_id": "p", "source": "chat", "seen_at": None, "ingested_at": at(9), "sender": "a", "turn": 1},
            {"prompt_id": "p", "source": "chat", "seen_at": at(7), "sender": "b", "turn": 2},
            {"prompt_id": "p", "source": "chat", "seen_at": at(6), "sender": None, "turn": 2},
            {"prompt_id": "other", "source": "chat", "seen_at": at(1), "sender": None, "turn": 1},
        ]
    )
    assert rows("from prompt_sightings order by count_sightings desc") == [
        ("p", at(5), at(9), 4, 2, ["chat", "votes"], 1),
        ("other", at(1), at(1), 1, 0, ["chat"], 1),
    ]
