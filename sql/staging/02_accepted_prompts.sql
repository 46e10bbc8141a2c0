-- grain: one prompt under one digest of the curation settings that accepted it.
create or replace view accepted_prompts as
select
    curations.curation_digest,
    prompts.prompt_id,
    prompts.text,
    curations.language,
    curations.count_tokens
from curations
inner join prompts on curations.prompt_id = prompts.prompt_id
where curations.outcome = 'accepted';
