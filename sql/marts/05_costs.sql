-- grain: one attempt at one call; the texts stay in completions.
create or replace view calls as
select
    request_key,
    attempt,
    kind,  -- the step: embed, name_topic, annotate, answer, judge
    model,
    revision,
    run_id,  -- of the outermost flow run
    completed_at::date as day,  -- UTC
    completed_at,
    state,
    reason,
    count_tokens_in,
    count_tokens_out,
    cost_usd,
    latency_seconds
from completions;

-- grain: one kind of call (a step), model, run and day.
create or replace view costs as
select
    kind,
    model,
    run_id,  -- of the outermost flow run
    day,  -- UTC
    count(*) as count_calls,  -- attempts, failed ones too
    count(*) filter (where state = 'ok') as count_ok,
    count(*) filter (where state = 'truncated') as count_truncated,
    count(*) filter (where state = 'refused') as count_refused,
    count(*) filter (where state = 'api_error') as count_api_errors,
    coalesce(sum(count_tokens_in), 0)::bigint as count_tokens_in,
    coalesce(sum(count_tokens_out), 0)::bigint as count_tokens_out,
    coalesce(sum(cost_usd), 0) as cost_usd,
    coalesce(avg(cost_usd), 0) as cost_usd_per_call
from calls
group by all;
