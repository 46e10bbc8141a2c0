-- grain: one prompt. When, how often and by how many the crowd sent it.
create or replace view prompt_sightings as
select
    prompt_id,
    min(coalesce(seen_at, ingested_at)) as first_seen_at,  -- when it was read, where the source does not say
    max(coalesce(seen_at, ingested_at)) as last_seen_at,
    count(*) as count_sightings,
    count(distinct sender) as count_senders,  -- distinct ones, of those that are known
    array_agg(distinct source order by source) as sources,
    min(turn) as lowest_turn
from sightings
group by prompt_id;
