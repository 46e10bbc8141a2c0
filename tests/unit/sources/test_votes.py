"""benchbuilder.sources.votes: votes of people in, each record a vote or a rejection."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbuilder.curation.privacy import mask as find_and_mask
from benchbuilder.errors import SourceError
from benchbuilder.sources import Batch, FieldMap, Source, read_source
from benchbuilder.sources.votes import REJECTION_SCHEMA, VOTE_SCHEMA, WINNERS, VotesRead, read_votes
from benchbuilder.text import prompt_id_of

REAL = Path(__file__).parents[3] / "../shared/data/prompts/arena_votes_1k.jsonl"


def mask(text: str) -> str:
    """As the pipeline masks."""
    return find_and_mask(text).text


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """The votes of a file: of records as JSON lines, or of a text as it is."""

    def read_content(*content: Any, name: str = "votes.jsonl") -> VotesRead:
        lines = [part if isinstance(part, str) else json.dumps(part) for part in content]
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
        return read_votes(tmp_path / name, mask)

    return read_content


VOTE = {"model_a": "m", "model_b": "n", "winner": "model_a"}
FULL = VOTE | {
    "question_id": "0123456789abcdef",
    "judge": "arena_user_7",
    "turn": 1,
    "language": "English",
    "tstamp": 1682354167.285,
    "conversation_a": [
        {"role": "system", "content": "Be kind"},
        {"role": "user", "content": "Mail me: ann@example.org"},
        {"role": "assistant", "content": "No"},
        {"role": "user", "content": "Why?"},
    ],
}


def test_a_vote_of_the_arena(read: Any) -> None:
    """Every field; the voter is hashed, and of the prompt there is only the id of its masked text."""
    votes, rejections = read(FULL)
    assert (votes.schema, rejections.schema) == (VOTE_SCHEMA, REJECTION_SCHEMA)
    row = votes.row(0, named=True)
    assert row.pop("vote_id").startswith("0123456789abcdef-")
    assert row == {
        "model_a": "m",
        "model_b": "n",
        "winner": "model_a",
        "prompt_id": prompt_id_of("Mail me: [email]"),
        "voter": hashlib.sha256(b"arena_user_7").hexdigest(),
        "voted_at": datetime(2023, 4, 24, 16, 36, 7, 285000, tzinfo=UTC),
        "language": "English",
        "line": 1,
    }


def test_the_prompt_is_the_one_that_ingestion_reads(read: Any, tmp_path: Path) -> None:
    """The same file as a source of prompts and as votes: the ids meet, also for messages in parts."""
    parts = [{"role": "user", "content": [{"type": "text", "text": "Hi\x00 there"}, {"type": "image"}]}]
    read(FULL, FULL | {"conversation_a": parts}, FULL | {"conversation_a": json.dumps(parts)})
    source = Source(name="arena", paths=("votes.jsonl",), preset="arena_conversation")
    [batch] = read_source(source, {}, base=tmp_path, mask=mask)
    first_turns = [prompt_id_of(mask(record.text)) for record in batch.records if record.turn == 1]
    assert read_votes(tmp_path / "votes.jsonl", mask).votes["prompt_id"].to_list() == first_turns


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"prompt": "Hello"}, "Hello"),
        ({"prompt": '["First", "Second"]'}, "First"),
        ({"prompt": "[no list"}, "[no list"),
        ({"prompt": "[]"}, "[]"),
        ({"prompt": "[null]"}, None),
        ({"prompt": " "}, None),
        ({"prompt": 5}, None),
        ({"conversation_a": []}, None),
        ({"conversation_a": "no messages", "prompt": "unused"}, None),
        ({"conversation_a": [{"role": "user", "content": " "}, {"role": "user", "content": "Second"}]}, None),
        ({"conversation_a": [{"role": "user"}]}, None),
        ({"conversation_a": None, "prompt": "Hello"}, "Hello"),
        ({}, None),
    ],
)
def test_a_vote_counts_with_and_without_its_prompt(read: Any, fields: dict[str, Any], text: str | None) -> None:
    """What cannot be read as a first turn of the user is no prompt."""
    votes, rejections = read(VOTE | fields)
    assert votes["prompt_id"].to_list() == [text and prompt_id_of(text)]
    assert rejections.is_empty()


@pytest.mark.parametrize(
    ("winner", "read_as"),
    [
        ("model_a", "model_a"),
        ("model_b", "model_b"),
        ("Model A", "model_a"),
        ("tie", "tie"),
        ("tie (bothbad)", "both_bad"),
        ("both_bad", "both_bad"),
        ("bothbad", "both_bad"),
        ("Both bad", "both_bad"),
    ],
)
def test_winners_in_every_spelling(read: Any, winner: str, read_as: str) -> None:
    """There are four."""
    assert read(VOTE | {"winner": winner}).votes["winner"].to_list() == [read_as]
    assert read_as in WINNERS


def test_kaggles_layout(read: Any) -> None:
    """One column per outcome, of which one is 1; prompts are JSON lists in cells."""
    votes, rejections = read(
        "id,model_a,model_b,prompt,winner_model_a,winner_model_b,winner_tie",
        '30192,m,n,"[""Hi"",""more""]",1,0,0',
        "53567,m,n,Hi,0,1,0",
        "65089,m,n,Hi,0.0,0.0,1.0",
        "96401,m,n,Hi,0,0,0",
        "198779,m,n,Hi,1,0,1",
        "292873,m,n,Hi,1,0,2",
        name="train.csv",
    )
    assert votes["winner"].to_list() == ["model_a", "model_b", "tie"]
    assert votes["prompt_id"].unique().to_list() == [prompt_id_of("Hi")]
    assert votes["line"].to_list() == [2, 3, 4]
    assert rejections.select("line", "reason").rows() == [(line, "unknown_winner") for line in (5, 6, 7)]


def test_every_format_gives_the_same_votes(tmp_path: Path) -> None:
    """JSON lines, a JSON array, Parquet; of CSV too, but for what it cannot say."""
    records = [FULL, FULL | {"model_b": "o", "tstamp": None, "judge": None}]
    frame = pl.DataFrame(records)
    (tmp_path / "lines").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    (tmp_path / "array").write_text(json.dumps(records, indent=1), encoding="utf-8")
    frame.write_parquet(tmp_path / "parquet")
    flat = frame.with_columns(conversation_a=pl.Series([json.dumps(row["conversation_a"]) for row in records]))
    flat.with_columns(pl.col("turn").cast(pl.Int64)).write_csv(tmp_path / "csv")
    lines = read_votes(tmp_path / "lines", mask).votes
    assert read_votes(tmp_path / "array", mask).votes.equals(lines)
    assert read_votes(tmp_path / "parquet", mask).votes.equals(lines)
    of_csv = read_votes(tmp_path / "csv", mask).votes
    assert of_csv.drop("vote_id", "line").equals(lines.drop("vote_id", "line"))
    assert of_csv["line"].to_list() == [2, 3]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"model_a": None}, "null_field"),
        ({"model_b": 5}, "wrong_type"),
        ({"model_b": " "}, "empty"),
        ({"model_a": "x" * 201}, "too_large"),
        ({"model_b": " m "}, "same_model"),
        ({"winner": None}, "null_field"),
        ({"winner": ""}, "empty"),
        ({"winner": 1}, "wrong_type"),
        ({"winner": "model_c"}, "unknown_winner"),
    ],
)
def test_a_record_that_is_no_vote_is_rejected_with_its_reason(read: Any, bad: dict[str, Any], reason: str) -> None:
    """The others are read."""
    votes, rejections = read(VOTE, VOTE | bad, VOTE | {"winner": "tie"})
    assert votes["line"].to_list() == [1, 3]
    row = rejections.row(0, named=True)
    raw = json.dumps(VOTE | bad)
    assert row["file"].endswith("votes.jsonl")
    assert (row["line"], row["reason"]) == (2, reason)
    assert row["record_sha256"] == hashlib.sha256(raw.encode()).hexdigest()
    assert row["excerpt"][:10] == raw[:10]


def test_a_missing_field_and_broken_records(read: Any) -> None:
    """Whatever lies in the file is counted, a torn last line too."""
    votes, rejections = read({"model_a": "m", "model_b": "n"}, {"winner": "tie"}, "oops", "[1]", VOTE, '{"model_a": ')
    assert rejections.select("line", "reason").rows() == [
        (1, "missing_field"),
        (2, "missing_field"),
        (3, "broken_json"),
        (4, "not_an_object"),
        (6, "broken_json"),
    ]
    assert votes.height == 1


def test_an_excerpt_is_masked_short_and_on_one_line(read: Any) -> None:
    """A rejection must not carry what was masked everywhere else."""
    excerpt = read({"text": "ann@example.org\n\x1b[2J" + "x" * 500}).rejections["excerpt"][0]
    assert "ann@" not in excerpt
    assert "[email]" in excerpt
    assert len(excerpt) <= 200
    assert excerpt.isprintable()


def test_an_id_of_a_question_is_not_yet_one_of_a_vote(read: Any) -> None:
    """Many vote on one question, and files count from 0: who won, for whom, when and in which turn tell them apart."""
    others = [{"judge": "b"}, {"winner": "tie"}, {"model_a": "o"}, {"tstamp": 1682354168}, {"turn": 2}, {"id": 82}]
    ids = read(*[FULL | {"id": 81} | other for other in ({}, *others)]).votes["vote_id"]
    assert ids.n_unique() == 7
    assert [name.partition("-")[0] for name in ids] == ["81"] * 6 + ["82"]
    assert read(FULL | {"id": 81, "language": "more was found out later"}).votes["vote_id"][0] == ids[0]


def test_ids_of_records_without_one(read: Any) -> None:
    """Their digest, and how many equal ones came before; the order of fields says nothing."""
    turned = dict(reversed(VOTE.items()))
    one, other, third, fourth = read(VOTE, VOTE | {"winner": "tie"}, turned, VOTE).votes["vote_id"]
    assert len(one) == len(other) == 64
    assert one != other
    assert (third, fourth) == (f"{one}#2", f"{one}#3")


SOME_VOTES = st.lists(
    st.fixed_dictionaries(
        {"model_a": st.just("m"), "model_b": st.just("n"), "winner": st.sampled_from(["tie", "model_a", "wrong"])},
        optional={"id": st.integers(1, 2), "judge": st.sampled_from(["x", "y"]), "turn": st.just(1)},
    )
)


@settings(deadline=None)
@given(SOME_VOTES, SOME_VOTES)
def test_a_file_that_has_grown_keeps_its_ids(
    tmp_path_factory: pytest.TempPathFactory, records: list[Any], more: list[Any]
) -> None:
    """They are unique, reading again gives them again, and every record is a vote or a rejection."""
    path = tmp_path_factory.getbasetemp() / "growing.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    before, again = read_votes(path, str), read_votes(path, str)
    assert before.votes.equals(again.votes)
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in more)
    after = read_votes(path, str)
    assert after.votes.head(before.votes.height).equals(before.votes)
    assert after.votes["vote_id"].n_unique() == after.votes.height
    assert after.votes.height + after.rejections.height == len(records) + len(more)


def test_an_empty_file_and_none(read: Any, tmp_path: Path) -> None:
    """No votes are no error; no file is one."""
    votes, rejections = read("")
    assert (votes.height, rejections.height) == (0, 0)
    assert votes.schema == VOTE_SCHEMA
    with pytest.raises(SourceError, match="there is no such file"):
        read_votes(tmp_path / "none.jsonl", mask)


def crowd_batch(path: Path, record: dict[str, Any], **mapping: str) -> Batch:
    """One record of a source that holds votes."""
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    source = Source("arena", (path.name,), mapping=FieldMap(**mapping), votes=True)
    [batch] = read_source(source, {}, base=path.parent, mask=mask)
    return batch


def test_a_vote_finds_the_prompt_that_the_mapping_names(tmp_path: Path) -> None:
    """Whatever its field is called, and whatever turn it says it is."""
    record = VOTE | {"question": "Ask ann@example.org", "n": 3, "prompt": "another text"}
    batch = crowd_batch(tmp_path / "a.jsonl", record, prompt="question", turn="n")
    assert [vote.prompt_id for vote in batch.votes] == [prompt_id_of(mask(record["question"]))]
    assert [row.turn for row in batch.records] == [3]


def test_a_record_with_a_bad_vote_is_a_prompt_and_no_rejection(tmp_path: Path) -> None:
    """So that each record stands in one row of the funnel; the vote is counted apart."""
    batch = crowd_batch(tmp_path / "a.jsonl", VOTE | {"winner": "nobody", "prompt": "hello"}, prompt="prompt")
    assert (len(batch.records), batch.rejections, batch.votes, batch.count_no_votes) == (1, (), (), 1)


def test_nested_too_deep(read: Any) -> None:
    """It costs its record."""
    deep = "[" * 1000 + "]" * 1000
    votes, rejections = read(json.dumps(VOTE)[:-1] + f', "x": {deep}}}', VOTE)
    assert votes.height + rejections.height == 2
    assert votes["line"].to_list()[-1] == 2


@pytest.mark.real_data
@pytest.mark.skipif(not REAL.exists(), reason="../shared/data/prompts is not beside the project")
def test_real_votes_of_the_arena() -> None:
    """All 1,135 are read, each with its prompt, its voter and its time; reading again gives the same."""
    votes, rejections = read_votes(REAL, mask)
    assert (votes.height, rejections.height) == (1_135, 0)
    assert sorted(votes["winner"].value_counts().rows()) == [
        ("both_bad", 254),
        ("model_a", 369),
        ("model_b", 406),
        ("tie", 106),
    ]
    assert votes.null_count().row(0) == (0,) * votes.width
    assert votes["vote_id"].n_unique() == 1_135
    assert votes["voted_at"].is_between(datetime(2023, 4, 1, tzinfo=UTC), datetime(2023, 10, 1, tzinfo=UTC)).all()
    assert read_votes(REAL, mask).votes.equals(votes)
