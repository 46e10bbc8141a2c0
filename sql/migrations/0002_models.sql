-- Model traffic, and what was read from it.

create table completions (
    request_key varchar,
    attempt integer,                    -- 0, 1, …, counted over all runs
    kind varchar,                       -- embed, name_topic, annotate, answer, judge
    model varchar,                      -- name in the settings
    revision varchar,                   -- the owner's word for a checkpoint
    template varchar,                   -- name of the prompt file, '' for a prompt sent as it is
    template_sha256 varchar,
    state varchar,                      -- ok, truncated, refused, api_error
    reason varchar,                     -- of a state that is not ok
    text varchar,
    thinking varchar,
    logprobs varchar,                   -- JSON: token to log-probability, of the first token
    finish_reason varchar,
    count_tokens_in bigint,
    count_tokens_out bigint,
    cost_usd double,
    latency_seconds double,
    run_id varchar,
    completed_at timestamptz
);
comment on table completions is
'one attempt at one call; the last ok attempt counts, else the last; cost sums all attempts';

create table embeddings (
    prompt_id varchar,
    embedder varchar,
    revision varchar,
    vector float[],                     -- of length 1
    request_key varchar,
    embedded_at timestamptz
);
comment on table embeddings is 'one prompt by one embedder and revision';

create table annotations (
    prompt_id varchar,
    annotator varchar,
    annotator_digest varchar,           -- of revision, sampling, template and marks
    parser_version integer,
    is_readable boolean,
    reason varchar,                     -- of an unreadable one
    specificity double,                 -- P(yes), or 0 and 1 where the annotator lists what is met
    domain_knowledge double,
    complexity double,
    problem_solving double,
    creativity double,
    technical_accuracy double,
    real_world_application double,
    request_keys varchar[],
    annotated_at timestamptz
);
comment on table annotations is 'one prompt by one annotator, under one digest and parser version';

create table answers (
    prompt_id varchar,
    model varchar,
    model_digest varchar,               -- of revision and sampling
    request_key varchar,
    answered_at timestamptz
);
comment on table answers is 'one question by one model and digest; benchmark versions share answers';

create table judgments (
    request_key varchar,
    parser_version integer,
    prompt_id varchar,
    model varchar,
    answer_key varchar,                 -- request_key of the model's answer
    baseline varchar,
    baseline_answer_key varchar,
    judge varchar,
    judge_digest varchar,               -- of revision, sampling, template and how verdicts are read
    baseline_first boolean,
    replicate integer,
    verdict varchar,                    -- as the judge said it: A is the first shown; null where unreadable
    reason varchar,                     -- of an unreadable one
    is_cut boolean,                     -- an answer was too long for the judge and was cut
    judged_at timestamptz
);
comment on table judgments is
'one reading of one call for one order of one game; where answers are equal, one call serves several games';
