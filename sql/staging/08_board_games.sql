-- grain: one judgment of one board, read as it was for that board.
create or replace view board_games as
with

-- A question's labels cost joins of their own; they are added once the judgments are known.
asked as (
    select
        leaderboards.leaderboard_id,
        leaderboards.judge_digests,
        leaderboards.baseline,
        leaderboards.fitted_at,
        benchmarks.is_imported,
        questions.benchmark_id,
        questions.question_ref
    from leaderboards
    inner join benchmarks on leaderboards.benchmark_id = benchmarks.benchmark_id
    inner join questions on leaderboards.benchmark_id = questions.benchmark_id
),

-- What was read after a board had been fitted, anew or for the first time, is on a later board.
counted as (
    select
        asked.leaderboard_id,
        asked.benchmark_id,
        readings.*
    from asked
    inner join readings
        on
            asked.question_ref = readings.question_ref
            and asked.fitted_at >= readings.judged_at
            and list_contains(asked.judge_digests, readings.judge_digest)
            and (asked.is_imported or asked.baseline = readings.baseline)  -- an import may have several baselines
)

select
    counted.*,
    benchmark_questions.prompt_id,
    benchmark_questions.topic_id,
    benchmark_questions.topic_name,
    benchmark_questions.category
from counted
inner join leaderboard_rows as model_rows
    on
        counted.leaderboard_id = model_rows.leaderboard_id
        and counted.model = model_rows.model
        and counted.model_digest = model_rows.model_digest
inner join leaderboard_rows as baseline_rows
    on
        counted.leaderboard_id = baseline_rows.leaderboard_id
        and counted.baseline = baseline_rows.model
        and counted.baseline_digest = baseline_rows.model_digest
inner join benchmark_questions
    on
        counted.benchmark_id = benchmark_questions.benchmark_id
        and counted.question_ref = benchmark_questions.question_ref
qualify row_number() over (
    partition by
        counted.leaderboard_id,
        counted.request_key,
        counted.model,
        counted.baseline,
        counted.baseline_first
    order by counted.parser_version desc
) = 1;
