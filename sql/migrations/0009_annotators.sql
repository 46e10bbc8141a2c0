-- A cheap annotator before the strong one: how the two agree, and what each prompt was found to be worth.

create table cascades (
    cascade_id varchar,                 -- hash of clustering, both annotators and the settings of the cascade
    clustering_id varchar,              -- whose members it is about; a new one is fitted for each full clustering
    annotator varchar,                  -- the strong one
    annotator_digest varchar,
    parser_version integer,
    cheap_kind varchar,                 -- model, or embeddings: a regression on stored vectors, which makes no call
    cheap_annotator varchar,            -- the small model, or the embedder
    cheap_digest varchar,
    settings varchar,                   -- JSON
    min_score double,                   -- criteria that a pick meets at least
    count_members bigint,               -- prompts in topics when it was fitted
    count_sample bigint,                -- of these, marked by both
    count_read bigint,                  -- of the sample, those of which the strong annotator could be read
    count_picks bigint,                 -- of those read, what the strong annotator picks
    count_kept bigint,                  -- of the picks, what passes
    wanted_recall double,
    recall double,                      -- count_kept / count_picks
    recall_lower double,                -- of its exact interval
    recall_upper double,
    threshold double,                   -- the least cheap_score that passes; null: too few picks, so all pass
    share_passed double,                -- of the sample
    fitted_at timestamptz
);
comment on table cascades is 'one fit of a cheap annotator to the strong one';

create table cascade_members (
    cascade_id varchar,
    prompt_id varchar,
    is_sampled boolean,                 -- marked by both, whatever the cheap one says
    is_passed boolean,                  -- the strong annotator is asked about it; else the cheap one turned it away
    cheap_score double,                 -- criteria expected to be met; null: the small model was not read
    specificity double,                 -- P(met); of the sample by regressions that did not learn from this prompt
    domain_knowledge double,
    complexity double,
    problem_solving double,
    creativity double,
    technical_accuracy double,
    real_world_application double,
    marked_at timestamptz
);
comment on table cascade_members is 'one prompt as the cheap annotator of one cascade sees it';
