-- grain: one day (UTC): what the crowd sent on it, and how much of that nobody had sent before.
create or replace view freshness as
with

sent as (
    select
        prompt_id,
        coalesce(seen_at, ingested_at)::date as day,  -- the day of reading, where the source does not say
        count(*) as count_sightings
    from sightings
    group by all
)

select
    sent.day,
    sum(sent.count_sightings)::bigint as count_sightings,
    count(*) as count_prompts,  -- distinct ones
    count(*) filter (where sent.day = prompt_sightings.first_seen_at::date) as count_new,
    count_new / count_prompts as share_new
from sent
inner join prompt_sightings on sent.prompt_id = prompt_sightings.prompt_id
group by sent.day
order by sent.day;
