-- What must not come back, and whom each call was about, so that it can be found.

create table forgotten_prompts (
    prompt_id varchar,                  -- hash of the normal form of the masked text; the text is nowhere any more
    forgotten_at timestamptz
);
comment on table forgotten_prompts is
'one prompt that was removed for good on request; whoever sends it again is turned away';

alter table completions add column prompt_ids varchar[]; -- whom the call was about; null in older rows
alter table warehouse add column is_to_rewrite boolean default false; -- rows are gone and their bytes are not yet
