-- What the crowd sent, and what became of each record.

create table warehouse (
    warehouse_id varchar,               -- minted at creation, renewed by a restore
    created_at timestamptz
);
comment on table warehouse is 'one row: which warehouse this is';

create table ingest_batches (
    batch_id varchar,                   -- hash of source and progress mark
    source varchar,                     -- name in the settings
    location varchar,                   -- the file, as its progress mark names it
    bytes_read bigint,                  -- from the start of the file
    prefix_sha256 varchar,              -- of the bytes read
    count_lines bigint,                 -- lines read from the start of the file
    count_read bigint,                  -- records of this batch
    count_sightings bigint,             -- of these, first told of here
    count_repeated bigint,              -- of these, told of before
    count_rejected bigint,              -- of these, could not be read
    run_id varchar,
    ingested_at timestamptz
);
comment on table ingest_batches is 'one pull of one source, with the progress mark at which the next pull goes on';

create table prompts (
    prompt_id varchar,                  -- hash of the normal form of the masked text
    text varchar,                       -- masked original of the first sighting appended; what models see
    count_masked integer,               -- placeholders that masking put in
    batch_id varchar,
    ingested_at timestamptz
);
comment on table prompts is 'one distinct text';

create table sightings (
    sighting_id varchar,                -- hash of source and source_ref
    source varchar,
    source_ref varchar,                 -- mapped id, else hash of the canonical record
    prompt_id varchar,
    seen_at timestamptz,                -- when the crowd sent it; null where the source does not say
    sender varchar,                     -- hashed, never raw
    turn integer,                       -- 1 is the first of its conversation
    conversation_ref varchar,
    location varchar,
    line bigint,
    batch_id varchar,
    ingested_at timestamptz
);
comment on table sightings is 'one time the crowd sent a prompt';

create table rejections (
    rejection_id varchar,               -- hash of source, location, byte range and record
    source varchar,
    location varchar,
    line bigint,
    byte_start bigint,
    byte_end bigint,
    record_sha256 varchar,
    reason varchar,
    excerpt varchar,                    -- masked, at most 200 characters
    batch_id varchar,
    rejected_at timestamptz
);
comment on table rejections is 'one record that could not be read; nothing is dropped silently';

create table curations (
    prompt_id varchar,
    curation_digest varchar,            -- of the curation settings
    outcome varchar,                    -- accepted, rejected
    reason varchar,                     -- of a rejection
    language varchar,
    language_confidence double,
    count_tokens integer,
    duplicate_of varchar,               -- the earlier prompt that it repeats
    similarity double,                  -- Jaccard, 0 to 1
    curated_at timestamptz
);
comment on table curations is 'one prompt under one digest of the curation settings';
