-- What turns a prompt away from outside the crowd: public benchmarks, and people.

create table public_items (
    benchmark varchar,                  -- name of the source in the settings
    item_id varchar,                    -- hash of the normal form of the masked text, as a prompt_id is
    text varchar,                       -- masked
    source_ref varchar,
    location varchar,
    line bigint,
    batch_id varchar,
    ingested_at timestamptz
);
comment on table public_items is 'one text of one public benchmark; no sighting of a crowd, so never curated';

create table exclusions (
    prompt_id varchar,
    decision integer,                   -- 0, 1, …, counted per prompt; the last one counts
    is_lifted boolean,                  -- it may be a question again
    reason varchar,                     -- vetoed, public_benchmark; null where lifted
    benchmark varchar,                  -- that it repeats
    item_id varchar,                    -- of that benchmark
    method varchar,                     -- how it was recognised: exact, words, passage, vectors
    similarity double,                  -- Jaccard of words, share of the shorter text, or cosine; 0 to 1
    said_by varchar,                    -- who vetoed it
    note varchar,                       -- why, in that person's words, masked
    decided_at timestamptz
);
comment on table exclusions is
'one decision about one prompt, whatever its curation says; the last one counts, frozen versions stay as they are';
