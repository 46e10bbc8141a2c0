-- grain: one judgment of one board: the question, both answers, what the judge wrote, how it was read for that board.
create or replace view judged_games as
with

-- What was read after a board had been fitted, anew or for the first time, is on a later board.
counted as (
    select
        leaderboards.leaderboard_id,
        leaderboards.benchmark_id,
        readings.*
    from leaderboards
    inner join leaderboard_rows as model_rows on leaderboards.leaderboard_id = model_rows.leaderboard_id
    inner join leaderboard_rows as baseline_rows
        on leaderboards.leaderboard_id = baseline_rows.leaderboard_id and leaderboards.baseline = baseline_rows.model
    inner join questions on leaderboards.benchmark_id = questions.benchmark_id
    inner join readings
        on
            questions.prompt_id = readings.prompt_id
            and model_rows.model = readings.model
            and model_rows.model_digest = readings.model_digest
            and leaderboards.baseline = readings.baseline
            and baseline_rows.model_digest = readings.baseline_digest
            and list_contains(leaderboards.judge_digests, readings.judge_digest)
            and leaderboards.fitted_at >= readings.judged_at
    qualify row_number() over (
        partition by leaderboards.leaderboard_id, readings.request_key, readings.model, readings.baseline_first
        order by readings.parser_version desc
    ) = 1
)

select
    counted.leaderboard_id,
    counted.benchmark_id,
    counted.prompt_id,
    prompts.text as question,
    counted.model,
    counted.baseline,
    counted.judge,
    counted.baseline_first,
    counted.replicate,
    counted.verdict,  -- as the judge said it: A is the first shown; null where unreadable
    counted.model_verdict,  -- from the model's side: A is the model
    counted.reason,  -- of an unreadable one
    counted.is_cut,  -- an answer was too long for the judge and was cut
    model_texts.text as answer,
    model_texts.state as answer_state,  -- ok, or truncated: judged as it is
    baseline_texts.text as baseline_answer,
    baseline_texts.state as baseline_answer_state,
    judge_texts.text as judge_text,  -- what the judge wrote
    judge_texts.template,  -- name of the judge's prompt file
    judge_texts.template_sha256,
    counted.request_key,
    counted.judged_at
from counted
inner join prompts on counted.prompt_id = prompts.prompt_id
left join completions_counted as model_texts on counted.answer_key = model_texts.request_key
left join completions_counted as baseline_texts on counted.baseline_answer_key = baseline_texts.request_key
left join completions_counted as judge_texts on counted.request_key = judge_texts.request_key;
