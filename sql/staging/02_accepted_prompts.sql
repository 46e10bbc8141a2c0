-- grain: one prompt that is turned away now for what lies outside the crowd: a public benchmark, or a person.
create or replace view excluded_prompts as
with

latest_decisions as (
    select * from exclusions
    qualify row_number() over (partition by prompt_id order by decision desc) = 1
)

select * exclude (is_lifted)
from latest_decisions
where not is_lifted;

-- grain: one prompt under one digest of the curation settings that accepted it, if nothing else turned it away.
create or replace view accepted_prompts as
select
    curations.curation_digest,
    prompts.prompt_id,
    prompts.text,
    curations.language,
    curations.count_tokens
from curations
inner join prompts on curations.prompt_id = prompts.prompt_id
anti join excluded_prompts on curations.prompt_id = excluded_prompts.prompt_id
where curations.outcome = 'accepted';
