-- grain: one kind of call, model, run and day.
create or replace view costs as
select
    kind,
    model,
    run_id,  -- of the outermost flow run
    completed_at::date as day,  -- UTC
    count(*) as count_calls,  -- attempts, failed ones too
    count(*) filter (where state = 'ok') as count_ok,
    count(*) filter (where state = 'truncated') as count_truncated,
    count(*) filter (where state = 'refused') as count_refused,
    count(*) filter (where state = 'api_error') as count_api_errors,
    coalesce(sum(count_tokens_in), 0)::bigint as count_tokens_in,
    coalesce(sum(count_tokens_out), 0)::bigint as count_tokens_out,
    coalesce(sum(cost_usd), 0) as cost_usd
from completions
group by all;
