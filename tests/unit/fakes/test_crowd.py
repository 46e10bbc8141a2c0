"""The crowd of the tests of whole runs is fit for them."""

import polars as pl
import pytest

from benchbuilder.curation.rules import CurationSettings, curate
from benchbuilder.text import prompt_id_of
from tests.fakes.crowd import prompts

COUNT_ALL = 150


def test_every_prompt_survives_curation() -> None:
    """All are accepted: English, long enough, and no near duplicate of another."""
    rows = [(prompt_id_of(text), text, 0) for text in prompts(COUNT_ALL)]
    crowd = pl.DataFrame(rows, ["prompt_id", "text", "count_masked"], orient="row")
    curated = curate(crowd, pl.DataFrame(schema={"prompt_id": pl.String, "text": pl.String}), CurationSettings())
    assert curated["outcome"].to_list() == ["accepted"] * COUNT_ALL


def test_parts_are_disjoint() -> None:
    """What comes the next day is new, and more than there is cannot be had."""
    assert prompts(80) + prompts(70, start=80) == prompts(COUNT_ALL)
    with pytest.raises(ValueError, match="knows 150 prompts, not 151"):
        prompts(1, start=COUNT_ALL)
