-- grain: one prompt, as the newest version sees it: the stage it reached and why it went no further.
create or replace view prompt_outcomes as
with

latest as (
    select * from latest_benchmark
),

latest_curation as (
    select coalesce(
        (select latest.curation_digest from latest),
        (
            select curations.curation_digest from curations
            order by curations.curated_at desc limit 1
        )
    ) as curation_digest
),

curated as (
    select curations.*
    from curations
    inner join latest_curation on curations.curation_digest = latest_curation.curation_digest
),

chosen as (
    select questions.*
    from questions
    inner join latest on questions.benchmark_id = latest.benchmark_id
),

passed_over as (
    select turned_away.*
    from turned_away
    inner join latest on turned_away.benchmark_id = latest.benchmark_id
)

select
    prompts.prompt_id,
    prompts.text,
    prompt_sightings.sources,
    prompt_sightings.first_seen_at,
    prompt_sightings.count_sightings,
    case
        when chosen.prompt_id is not null then 'question'
        when excluded_prompts.prompt_id is not null then 'curation'
        when curated.prompt_id is null and prompt_sightings.lowest_turn > 1 then 'curation'
        when curated.prompt_id is null then 'waiting'
        when curated.outcome = 'rejected' then 'curation'
        when passed_over.prompt_id is not null then 'selection'
        else 'waiting'
    end as stage,  -- question, or where it stopped: curation, selection, waiting
    case
        when chosen.prompt_id is not null then null
        when excluded_prompts.prompt_id is not null then excluded_prompts.reason
        when curated.prompt_id is null and prompt_sightings.lowest_turn > 1 then 'later_turn'
        when curated.prompt_id is null then 'not_curated_yet'
        when curated.outcome = 'rejected' then curated.reason
        else coalesce(passed_over.reason, 'not_in_a_version_yet')
    end as reason,  -- null for a question
    curated.language,  -- as detected
    curated.count_tokens,
    curated.duplicate_of,  -- the earlier prompt that it repeats
    excluded_prompts.benchmark as public_benchmark,  -- that it repeats
    excluded_prompts.item_id as public_item_id,
    excluded_prompts.method,  -- by which it is recognised there
    coalesce(excluded_prompts.similarity, curated.similarity) as similarity,  -- to what it repeats, 0 to 1
    excluded_prompts.said_by,  -- who vetoed it
    excluded_prompts.note,  -- and why
    passed_over.threshold,  -- that it missed in selection
    passed_over.measured  -- what it had instead
from prompts
left join prompt_sightings on prompts.prompt_id = prompt_sightings.prompt_id
left join curated on prompts.prompt_id = curated.prompt_id
left join excluded_prompts on prompts.prompt_id = excluded_prompts.prompt_id
left join chosen on prompts.prompt_id = chosen.prompt_id
left join passed_over on prompts.prompt_id = passed_over.prompt_id;

-- grain: one stage and reason. Every record that was ever read is counted in exactly one row.
create or replace view funnel as
with

counted as (
    select
        1 as step,
        'ingest' as stage,
        reason,
        count(*) as count_records
    from rejections
    group by all
    union all
    select
        2 as step,
        'ingest' as stage,
        'repeated_record' as reason,
        coalesce(sum(count_repeated), 0)::bigint as count_records
    from ingest_batches
    union all
    select
        2 as step,
        'ingest' as stage,
        'duplicate' as reason,
        coalesce(sum(count_sightings - 1), 0)::bigint as count_records
    from prompt_sightings
    union all
    select
        2 as step,
        'ingest' as stage,
        'public_benchmark_item' as reason,
        count(*) as count_records
    from public_items
    union all
    -- Sightings that were told of once and are gone.
    select
        1 as step,
        'ingest' as stage,
        'forgotten' as reason,
        coalesce(sum(count_sightings), 0)::bigint
        - (select count(*) from sightings)
        - (select count(*) from public_items) as count_records
    from ingest_batches
    where exists (from forgotten_prompts)
    union all
    select
        case stage when 'curation' then 3 when 'selection' then 4 when 'waiting' then 5 else 6 end as step,
        stage,
        coalesce(reason, 'kept') as reason,
        count(*) as count_records
    from prompt_outcomes
    group by all
)

select
    step,
    stage,
    reason,
    sum(count_records)::bigint as count_records
from counted
where count_records > 0
group by all
order by step, count_records desc, reason;
