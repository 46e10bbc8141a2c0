-- grain: one judgment of one board: the question, both answers, what the judge wrote and how it was read.
create or replace view judged_games as
select
    leaderboards.leaderboard_id,
    leaderboards.benchmark_id,
    games.prompt_id,
    prompts.text as question,
    games.model,
    games.baseline,
    games.judge,
    games.baseline_first,
    games.replicate,
    games.verdict,
    games.model_verdict,
    games.reason,
    games.is_cut,
    model_texts.text as answer,
    model_texts.state as answer_state,
    baseline_texts.text as baseline_answer,
    baseline_texts.state as baseline_answer_state,
    judge_texts.text as judge_text,
    judge_texts.template,
    judge_texts.template_sha256,
    games.request_key,
    games.judged_at
from leaderboards
inner join leaderboard_rows as model_rows on leaderboards.leaderboard_id = model_rows.leaderboard_id
inner join leaderboard_rows as baseline_rows
    on leaderboards.leaderboard_id = baseline_rows.leaderboard_id and leaderboards.baseline = baseline_rows.model
inner join questions on leaderboards.benchmark_id = questions.benchmark_id
inner join games
    on
        questions.prompt_id = games.prompt_id
        and model_rows.model = games.model
        and model_rows.model_digest = games.model_digest
        and leaderboards.baseline = games.baseline
        and baseline_rows.model_digest = games.baseline_digest
        and list_contains(leaderboards.judge_digests, games.judge_digest)
inner join prompts on games.prompt_id = prompts.prompt_id
left join completions_counted as model_texts on games.answer_key = model_texts.request_key
left join completions_counted as baseline_texts on games.baseline_answer_key = baseline_texts.request_key
left join completions_counted as judge_texts on games.request_key = judge_texts.request_key;
