-- What others measured and what people said; answers that no call of ours made; how good a benchmark is.

alter table benchmarks add column is_imported boolean;
alter table benchmarks add column name varchar;  -- of an imported one: its folder or file
update benchmarks set is_imported = false;

alter table questions add column question_ref varchar;  -- of an imported question its uid; else the prompt_id
update questions set question_ref = prompt_id;

alter table leaderboard_rows add column win_rate_if_lost double;  -- with every unread judgment lost, strongly
alter table leaderboard_rows add column win_rate_if_won double;   -- with every unread judgment won, strongly

create table imported_questions (
    question_ref varchar,
    prompt_id varchar,                  -- hash of the normal form of the masked text
    text varchar,                       -- masked
    category varchar,
    topic varchar,                      -- cluster or subcategory
    location varchar,
    line bigint,
    imported_at timestamptz
);
comment on table imported_questions is
'text and labels of one question of imported benchmarks; no sighting of a crowd, so never curated';

create table given_answers (
    answer_key varchar,                 -- hash of question, model and digest
    question_ref varchar,
    model varchar,
    model_digest varchar,               -- 'imported', or of a canary and the baseline it is made from
    text varchar,                       -- masked
    count_tokens bigint,
    count_headers bigint,
    count_lists bigint,
    count_bold bigint,
    location varchar,
    line bigint,
    given_at timestamptz
);
comment on table given_answers is 'one answer that no call of ours made: imported, or a canary';

create table imported_judgments (
    question_ref varchar,
    model varchar,
    baseline varchar,
    judge varchar,
    baseline_first boolean,             -- A is the baseline
    is_order_known boolean,             -- whether A was shown first; a battles file does not say
    replicate integer,
    verdict varchar,                    -- as the file says it: A is the first shown; null where unreadable
    reason varchar,                     -- of an unreadable one
    judge_text varchar,                 -- masked; null where the file has none
    location varchar,
    line bigint,
    imported_at timestamptz
);
comment on table imported_judgments is 'one verdict that somebody else''s judge gave';

create table import_rejections (
    rejection_id varchar,               -- hash of file, line, reason and record
    location varchar,
    line bigint,
    reason varchar,
    excerpt varchar,                    -- masked, at most 200 characters
    record_sha256 varchar,
    count_records bigint,               -- rejected for this reason together
    rejected_at timestamptz
);
comment on table import_rejections is
'what could not be read of an import, or says other than what was imported before';

create table human_votes (
    vote_id varchar,                    -- the record's own id, or a hash of it and of how often it stood before
    model_a varchar,
    model_b varchar,
    winner varchar,                     -- model_a, model_b, tie, both_bad
    prompt_id varchar,                  -- hash of the normal form of the masked prompt, where the record has one
    voter varchar,                      -- hashed, never raw
    language varchar,
    voted_at timestamptz,
    location varchar,
    line bigint,
    imported_at timestamptz
);
comment on table human_votes is 'one vote of a person between two answers';

create table human_ratings (
    people varchar,                     -- name of the board, e.g. of an arena and its day
    model varchar,
    rating double,                      -- on the board's own scale
    lower double,
    upper double,
    mean double,                        -- of its bootstrap rounds
    variance double,
    imported_at timestamptz
);
comment on table human_ratings is 'one model on one published board of people''s votes';

create table answer_styles (
    request_key varchar,
    count_tokens bigint,                -- o200k_base
    count_headers bigint,               -- code blocks left out, as everywhere here
    count_lists bigint,
    count_bold bigint
);
comment on table answer_styles is 'length and Markdown of one answer that a call of ours made';

create table benchmark_quality (
    leaderboard_id varchar,
    people varchar,                     -- whom it was compared with; empty for nobody
    people_digest varchar,              -- of the names and numbers that people's board had then
    separability double,                -- share of pairs whose intervals do not overlap, as the paper counts
    agreement_paper double,             -- all pairs: 1, -1 where it contradicts, 0 where one side does not separate
    agreement_blog double,              -- of the pairs that people separate
    agreement_notebook double,          -- the same, 1/2 for an overlap
    spearman double,
    kendall double,
    brier double,
    count_models bigint,                -- that both boards have
    count_pairs bigint,
    measured_at timestamptz
);
comment on table benchmark_quality is 'how well one board separates models and agrees with one board of people';
