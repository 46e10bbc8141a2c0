-- Each row points to something that is not there.
select
    'sightings' as relation,
    sighting_id as row_key
from sightings
anti join prompts on sightings.prompt_id = prompts.prompt_id
union all
select
    'exclusions' as relation,
    prompt_id as row_key
from exclusions
anti join prompts on exclusions.prompt_id = prompts.prompt_id
union all
select
    'questions' as relation,
    prompt_id as row_key
from questions
anti join prompts on questions.prompt_id = prompts.prompt_id
where questions.prompt_id is not null
union all
select
    'choices' as relation,
    benchmark_id as row_key
from choices
anti join benchmarks on choices.benchmark_id = benchmarks.benchmark_id
union all
select
    'answer_styles' as relation,
    request_key as row_key
from answer_styles
anti join answers on answer_styles.request_key = answers.request_key
union all
select
    'benchmark_quality' as relation,
    leaderboard_id as row_key
from benchmark_quality
anti join leaderboards on benchmark_quality.leaderboard_id = leaderboards.leaderboard_id
union all
select
    'answers' as relation,
    request_key as row_key
from answers
anti join completions on answers.request_key = completions.request_key
union all
select
    'judgments' as relation,
    request_key as row_key
from judgments
anti join completions on judgments.request_key = completions.request_key
union all
select
    'leaderboard_rows' as relation,
    leaderboard_id as row_key
from leaderboard_rows
anti join leaderboards on leaderboard_rows.leaderboard_id = leaderboards.leaderboard_id;
