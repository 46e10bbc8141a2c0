-- grain: one request_key. The attempt that counts (the last ok one, else the last) and what all attempts cost.
create or replace view completions_counted as
select
    request_key,
    kind,
    model,
    revision,
    template,
    template_sha256,
    state,
    reason,
    text,
    thinking,
    logprobs,
    count_tokens_in,
    count_tokens_out,
    run_id,
    completed_at,
    count(*) over (partition by request_key) as count_attempts,  -- over all runs
    count(*) filter (where state = 'ok') over (partition by request_key) as count_ok,
    count(*) filter (where state = 'truncated') over (partition by request_key) as count_truncated,
    count(*) filter (where state = 'refused') over (partition by request_key) as count_refused,
    sum(cost_usd) over (partition by request_key) as total_cost_usd  -- of all attempts
from completions
qualify row_number() over (partition by request_key order by (state = 'ok') desc, attempt desc) = 1;
