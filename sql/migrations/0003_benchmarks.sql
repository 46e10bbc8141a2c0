-- Topics, frozen versions and boards.

create table clusterings (
    clustering_id varchar,              -- hash of prompt_ids, embedder and settings
    previous_id varchar,                -- the clustering that topics were matched to
    embedder varchar,
    revision varchar,
    settings varchar,                   -- JSON
    count_prompts bigint,
    count_topics bigint,
    share_unassigned double,
    as_of timestamptz,
    clustered_at timestamptz
);
comment on table clusterings is 'one full run of clustering';

create table topics (
    clustering_id varchar,
    topic_id varchar,                   -- stays when a topic survives a new clustering
    continues_topic_id varchar,         -- the topic of the previous clustering, null for a new one
    broad_topic integer,
    keywords varchar[],
    count_members bigint,
    centroid float[]
);
comment on table topics is 'one topic of one clustering';

create table topic_names (
    topic_id varchar,
    name varchar,                       -- null where the reply could not be read: marts then show the keywords
    reason varchar,
    namer varchar,
    request_key varchar,
    parser_version integer,
    named_at timestamptz
);
comment on table topic_names is 'one name of one topic; it stays as long as the topic does';

create table topic_members (
    clustering_id varchar,
    prompt_id varchar,
    topic_id varchar,                   -- of an outlier: the nearest
    is_outlier boolean,                 -- in no topic; not eligible as a question
    is_placed boolean,                  -- came after the clustering and was placed into a standing topic
    similarity double,                  -- cosine to the centroid
    x double,
    y double,
    assigned_at timestamptz
);
comment on table topic_members is 'one prompt in one clustering';

create table benchmarks (
    benchmark_id varchar,               -- hash of prompt_ids and selection settings
    previous_id varchar,
    clustering_id varchar,
    annotator varchar,
    annotator_digest varchar,
    curation_digest varchar,
    settings varchar,                   -- JSON
    count_questions bigint,
    count_kept bigint,                  -- questions of the previous version that stayed
    as_of timestamptz,
    frozen_at timestamptz
);
comment on table benchmarks is 'one frozen version';

create table questions (
    benchmark_id varchar,
    prompt_id varchar,
    topic_id varchar,
    topic_name varchar,
    score integer,                      -- criteria met, 0 to 7
    topic_mean double,
    criteria varchar[],                 -- names of those met
    is_kept boolean                     -- was a question of the previous version too
);
comment on table questions is 'one prompt of one version, with the reason it was kept';

create table turned_away (
    benchmark_id varchar,
    prompt_id varchar,
    reason varchar,
    threshold double,
    measured double
);
comment on table turned_away is
'one curated prompt that is no question of one version, with the threshold that it missed';

create table leaderboards (
    leaderboard_id varchar,             -- hash of benchmark, settings, models, judges and judgments read
    benchmark_id varchar,
    baseline varchar,
    judges varchar[],
    judge_digests varchar[],
    parser_version integer,
    settings varchar,                   -- JSON
    is_withheld boolean,
    reason varchar,                     -- why it was withheld
    count_judgments bigint,
    share_readable double,
    as_of timestamptz,
    fitted_at timestamptz
);
comment on table leaderboards is 'one fit with its frozen settings';

create table leaderboard_rows (
    leaderboard_id varchar,
    model varchar,
    model_digest varchar,
    win_rate double,                    -- 0 to 1, against the baseline
    lower double,
    upper double,
    rating double,                      -- log-odds against the baseline
    rank_low integer,                   -- null where not ranked
    rank_high integer,
    is_ranked boolean,
    reason varchar,                     -- why not ranked
    count_planned bigint,
    count_judgments bigint,             -- readable ones
    share_readable double,
    count_questions bigint
);
comment on table leaderboard_rows is 'one model on one board';
