"""What the pages are made of: a few frames, read from the warehouse's views in a fixed order."""

from dataclasses import dataclass
from typing import Protocol

import polars as pl

from benchbuilder.judging.canaries import PREFIX

LENGTH_EXCERPT = 160

# Of the board that is shown; while there is none, of the version that will have one.
_SHOWN = """
    select * from benchmarks
    where benchmark_id = coalesce(
        (select benchmark_id from latest_leaderboard), (select benchmark_id from latest_benchmark)
    )"""
_QUERIES = {
    "benchmark": _SHOWN,
    "leaderboard": "select * from latest_leaderboard",
    "board": "select * from board order by is_ranked desc, win_rate desc nulls last, model",
    "quality": """
        select quality.*
        from quality
        semi join board on quality.leaderboard_id = board.leaderboard_id
        order by quality.people = '', quality.measured_at desc, quality.people""",
    "withheld": """
        with newest as (
            select leaderboards.*
            from leaderboards
            inner join latest_benchmark on leaderboards.benchmark_id = latest_benchmark.benchmark_id
            order by leaderboards.fitted_at desc, leaderboards.leaderboard_id
            limit 1
        )

        select newest.as_of, newest.reason as board_reason, leaderboard_rows.model, leaderboard_rows.reason
        from newest
        left join leaderboard_rows on newest.leaderboard_id = leaderboard_rows.leaderboard_id
        where newest.is_withheld
        order by leaderboard_rows.model""",
    "judged": """
        select count(distinct games.question_ref) as count_questions
        from games
        inner join questions on games.question_ref = questions.question_ref
        inner join latest_benchmark on questions.benchmark_id = latest_benchmark.benchmark_id""",
    # Its annotator may have marked the topics without a cascade too: what was turned away names the threshold.
    "cascade": f"""
        with shown as ({_SHOWN})

        select cascades.*, (cascades.settings ->> 'confidence')::double as confidence
        from cascades
        semi join shown using (clustering_id, annotator, annotator_digest)
        where
            cascades.threshold is null
            or cascades.threshold in (
                select turned_away.threshold
                from turned_away
                semi join shown using (benchmark_id)
                where turned_away.reason = 'turned_away_by_cascade'
            )
        order by cascades.threshold is null, cascades.fitted_at desc, cascades.cascade_id
        limit 1""",  # noqa: S608 - our own query
    "topics": "select * from topic_overview order by count_prompts desc, topic_id",
    # Titles of dots need an excerpt of the questions only; whole texts of a whole crowd would be megabytes.
    "topic_map": f"""
        select
            prompt_id, topic_id, topic_name, is_outlier, x, y, is_question,
            case when is_question then left(text, {LENGTH_EXCERPT}) end as excerpt
        from topic_map
        order by prompt_id""",  # noqa: S608 - our own number
    "funnel": "select * from funnel order by step, count_records desc, reason",
    "costs": """
        select
            kind,
            model,
            sum(count_calls)::bigint as count_calls,
            sum(count_calls - count_ok)::bigint as count_not_ok,
            sum(count_tokens_in)::bigint as count_tokens_in,
            sum(count_tokens_out)::bigint as count_tokens_out,
            fsum(cost_usd) as cost_usd
        from costs
        group by kind, model
        order by kind, model""",
    "templates": """
        select kind, template, template_sha256, count(*) as count_calls, max(completed_at)::date as last_used
        from completions
        where template <> ''
        group by kind, template, template_sha256
        order by kind, last_used desc, template, template_sha256""",
}
_BIAS_COLUMNS = ("judge", "count_judgments", "share_readable", "share_first_wins", "share_orders_agree")
_BIAS_SHARES = ("share_ties", "share_strong")


class Reader(Protocol):
    """Anything that answers SQL: the live warehouse or a snapshot of it."""

    def read(self, query: str) -> pl.DataFrame:
        """The rows of one query."""
        ...


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What the pages say that no mart holds.

    Attributes:
        is_embedded_demo: tiny embedded models answered and judged; every page then says that it measures nothing.
        min_share_readable: the gate of a model, 0 to 1.
        strong_weight: what a strong verdict weighs in the fit.
        confidence: of intervals, separations and rank ranges.
    """

    is_embedded_demo: bool = False
    min_share_readable: float = 0.99
    strong_weight: float = 3.0
    confidence: float = 0.95


def models_of(board: pl.DataFrame) -> pl.DataFrame:
    """The rows of mart `board` that are models: neither the baseline nor a canary, which nobody hopes to rank."""
    is_canary = pl.col("reason").fill_null("").str.starts_with(PREFIX)
    return board.filter((pl.col("model") != pl.col("baseline")) & ~is_canary)


@dataclass(frozen=True, slots=True, eq=False)
class ReportFrames:
    """Everything that is shown; the same frames give the same bytes.

    Attributes:
        benchmark: the newest version with a board, without any the newest version: one row or none.
        leaderboard: its newest board that was published, one row or none: baseline, judges, as_of.
        board: mart `board`, one row per model, ranked ones first, best first.
        quality: mart `quality` of that board, people first, newest first.
        withheld: one row per model (or one row) if the newest board of the newest version was withheld: as_of,
            board_reason, model, reason.
        judged: one row: count_questions of the version that were judged at least once.
        bias: one row per judge: judge, count_judgments, share_readable, share_first_wins, share_orders_agree,
            share_ties, share_strong.
        cascade: the fit that this version was chosen with, a row of `cascades` and its confidence; or no row.
        topics: mart `topic_overview`, largest first.
        topic_map: mart `topic_map` by prompt_id, with an excerpt of the questions instead of all texts.
        funnel: mart `funnel`.
        costs: mart `costs` per kind and model.
        templates: one row per kind, template and sha256 that calls were made with.
        options: see `ReportOptions`.
    """

    benchmark: pl.DataFrame
    leaderboard: pl.DataFrame
    board: pl.DataFrame
    quality: pl.DataFrame
    withheld: pl.DataFrame
    judged: pl.DataFrame
    bias: pl.DataFrame
    cascade: pl.DataFrame
    topics: pl.DataFrame
    topic_map: pl.DataFrame
    funnel: pl.DataFrame
    costs: pl.DataFrame
    templates: pl.DataFrame
    options: ReportOptions


def read_frames(reader: Reader, bias: pl.DataFrame, options: ReportOptions | None = None) -> ReportFrames:
    """All frames of one report.

    Args:
        reader: a snapshot, so that all pages show one state.
        bias: of `rating.bias.judge_bias`, over the judgments of the board; no rows where there is no board.
        options: see `ReportOptions`.

    Raises:
        polars.exceptions.ColumnNotFoundError: `bias` lacks a column.
    """
    frames = {name: reader.read(query) for name, query in _QUERIES.items()}
    return ReportFrames(**frames, bias=_bias_frame(bias), options=options or ReportOptions())


def _bias_frame(bias: pl.DataFrame) -> pl.DataFrame:
    """Sorted by judge, with the columns that are shown."""
    if "share_readable" not in bias.columns:
        bias = bias.with_columns(share_readable=1 - pl.col("share_unreadable"))
    return bias.select(*_BIAS_COLUMNS, *_BIAS_SHARES).sort("judge")
