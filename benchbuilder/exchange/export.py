"""A version out of a snapshot: in arena-hard-auto's v2.0 layout, or its questions as Parquet."""

from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchbuilder.boards import Reader, read_benchmark, read_contest
from benchbuilder.errors import NothingToRunError, UsageError
from benchbuilder.judging.canaries import PREFIX
from benchbuilder.sources.arena_hard import ANSWER_SCHEMA, JUDGMENT_SCHEMA, QUESTION_SCHEMA, write_arena_hard

_QUESTIONS = """
    select question_ref, text, category, topic_name as topic, row_number() over (order by question_ref) as line
    from benchmark_questions
    where benchmark_id = $benchmark_id
    order by question_ref
"""
# Of an import all answers, judged or not; of a version built here those of the configurations on its board.
_ANSWERS = """
    select
        all_answers.question_ref, all_answers.model, all_answers.text, count_tokens, count_headers, count_lists,
        count_bold, 0::bigint as line
    from all_answers
    semi join (from benchmark_questions where benchmark_id = $benchmark_id) as asked using (question_ref)
    where
        all_answers.text is not null
        and case
            when $is_imported then all_answers.model_digest = 'imported'
            else (all_answers.model, all_answers.model_digest) in (
                select (model, model_digest) from leaderboard_rows
                where leaderboard_id = $leaderboard_id and not starts_with(coalesce(reason, ''), $canary)
            )
        end
    order by all_answers.model, all_answers.question_ref
"""
# What was wanted of a version built here and never judged counts against a model's gate, so it is written as missing.
_JUDGMENTS = """
    with
    contestants as (
        select model from leaderboard_rows
        where leaderboard_id = $leaderboard_id and not starts_with(coalesce(reason, ''), $canary)
    ),
    games as (
        select
            question_ref, model, baseline, judge, coalesce(baseline_first, true) as baseline_first,
            baseline_first is not null as is_order_known, replicate, verdict, reason, judge_text
        from judged_games semi join contestants using (model)
        where leaderboard_id = $leaderboard_id
    ),
    wanted as (
        select question_ref, contestants.model, baseline, judge, baseline_first
        from leaderboards
        inner join questions using (benchmark_id)
        inner join contestants on leaderboards.baseline <> contestants.model
        cross join unnest(judges) as of_board (judge)
        cross join (values (true), (false)) as orders (baseline_first)
        where leaderboard_id = $leaderboard_id and not $is_imported
    ),
    missing as (
        select *, true as is_order_known, 0 as replicate, null as verdict, 'missing' as reason, null as judge_text
        from wanted anti join games using (question_ref, model, baseline, judge, baseline_first)
    )
    select *, 0::bigint as line from (from games union all by name from missing)
    order by judge, model, question_ref, replicate, baseline_first
"""
_QUESTIONS_WITH_PROVENANCE = """
    select
        benchmark_questions.question_ref, benchmark_questions.text, benchmark_questions.topic_id,
        benchmark_questions.topic_name, benchmark_questions.category, questions.score, questions.topic_mean,
        questions.criteria, questions.is_kept, question_provenance.first_seen_at, question_provenance.count_sightings
    from benchmark_questions
    inner join questions using (benchmark_id, question_ref)
    left join question_provenance
        on questions.benchmark_id = question_provenance.benchmark_id
        and questions.prompt_id = question_provenance.prompt_id
    where benchmark_questions.benchmark_id = $benchmark_id
    order by benchmark_questions.question_ref
"""


class Exported(NamedTuple):
    """The version, and the files that were written."""

    benchmark_id: str
    paths: list[Path]


def export_arena_hard(reader: Reader, folder: Path, benchmark_id: str | None = None) -> Exported:
    """Questions, answers and judgments of the newest board of a version, as show_result of arena-hard-auto reads them.

    Texts are masked as they are stored. Canaries stay at home, because elsewhere they would pass for models. See
    docs/operations.md for the files and their fields.

    Raises:
        NothingToRunError: there is no board.
        UsageError: the version is unknown.
        SourceError: such files are there already, or cannot be written.
    """
    contest = read_contest(reader, benchmark_id=benchmark_id)
    of_version = {"benchmark_id": contest.benchmark_id}
    of_board = {"leaderboard_id": contest.leaderboard_id, "is_imported": contest.is_imported, "canary": PREFIX}
    questions = reader.read(_QUESTIONS, **of_version)
    answers = reader.read(_ANSWERS, **of_version, **of_board)
    judgments = reader.read(_JUDGMENTS, **of_board)
    paths = write_arena_hard(
        folder, _as(questions, QUESTION_SCHEMA), _as(answers, ANSWER_SCHEMA), _as(judgments, JUDGMENT_SCHEMA)
    )
    return Exported(contest.benchmark_id, paths)


def export_questions(reader: Reader, path: Path, benchmark_id: str | None = None) -> Exported:
    """The questions of a version with topic, score and provenance, as one Parquet file.

    Raises:
        NothingToRunError: there is no version.
        UsageError: the version is unknown, or the file exists or cannot be written.
    """
    benchmark = read_benchmark(reader, benchmark_id)["benchmark_id"]
    questions = reader.read(_QUESTIONS_WITH_PROVENANCE, benchmark_id=benchmark)
    if questions.is_empty():
        raise NothingToRunError("the version has no questions")
    try:
        with path.open("xb") as file:
            questions.write_parquet(file)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; nothing was written") from error
    return Exported(benchmark, [path])


def _as(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
