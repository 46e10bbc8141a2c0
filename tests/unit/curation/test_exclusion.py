"""benchbuilder.curation.exclusion: which decisions are news."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbuilder.curation.contamination import Match, Method
from benchbuilder.curation.exclusion import decide, exclusions_of
from benchbuilder.curation.vetoes import Veto

NOBODY = exclusions_of([], [], {})
NEVER = NOBODY.with_columns(decision=pl.lit(0, pl.Int32), is_lifted=pl.lit(value=False))
FOUND = Match("p", "item", Method.WORDS, 0.9)
IDS = st.sets(st.sampled_from("abcde"))


def wanted(*ids: str) -> pl.DataFrame:
    """Vetoes of these prompts."""
    return exclusions_of([Veto(id_, "rude", "Ana") for id_ in sorted(ids)], [], {})


def after(standing: pl.DataFrame, news: pl.DataFrame) -> pl.DataFrame:
    """The last decision about each prompt."""
    both = pl.concat([standing, news.select(standing.columns)], how="vertical_relaxed")
    return both.sort("decision").unique("prompt_id", keep="last")


def test_an_exclusion_says_what_it_rests_on() -> None:
    """A benchmark's item, the method and the similarity; or a person and a reason."""
    rows = exclusions_of([Veto("v", "rude", "Ana")], [FOUND], {"item": "exam"}).rows()
    assert rows == [
        ("v", "vetoed", None, None, None, None, "Ana", "rude"),
        ("p", "public_benchmark", "exam", "item", "words", 0.9, None, None),
    ]


def test_what_a_person_says_stands_over_what_is_found() -> None:
    """One prompt has one reason."""
    assert exclusions_of([Veto("p", "rude", "Ana")], [FOUND], {"item": "exam"})["reason"].to_list() == ["vetoed"]


def test_another_reason_is_a_new_decision() -> None:
    """Found first, vetoed later: the second decision has the next number."""
    first = decide(exclusions_of([], [FOUND], {"item": "exam"}), NEVER)
    second = decide(exclusions_of([Veto("p", "rude", "Ana")], [FOUND], {"item": "exam"}), after(NEVER.clear(), first))
    assert first.select("decision", "reason").rows() == [(0, "public_benchmark")]
    assert second.select("decision", "reason").rows() == [(1, "vetoed")]


@pytest.mark.parametrize("noise", [1e-9, -1e-9])
def test_the_last_bits_of_a_cosine_are_no_news(noise: float) -> None:
    """Linear algebra may differ in them from machine to machine."""
    first = decide(exclusions_of([], [FOUND], {"item": "exam"}), NEVER)
    again = exclusions_of([], [FOUND._replace(similarity=0.9 + noise)], {"item": "exam"})
    assert decide(again, after(NEVER.clear(), first)).is_empty()


@given(st.lists(IDS, min_size=1, max_size=5))
def test_what_stands_after_each_night_is_what_was_wanted(nights: list[set[str]]) -> None:
    """Whatever came and went before; and the same again decides nothing."""
    standing = NEVER.clear()
    for ids in nights:
        standing = after(standing, decide(wanted(*ids), standing))
        assert set(standing.filter(~pl.col("is_lifted"))["prompt_id"]) == ids
        assert decide(wanted(*ids), standing).is_empty()
