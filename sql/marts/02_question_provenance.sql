-- grain: one question of one version: where it came from, and what each step said of it.
create or replace view question_provenance as
with

first_sightings as (
    select
        sightings.*,
        ingest_batches.run_id
    from sightings
    left join ingest_batches on sightings.batch_id = ingest_batches.batch_id
    qualify row_number() over (
        partition by sightings.prompt_id
        order by
            coalesce(sightings.seen_at, sightings.ingested_at), sightings.ingested_at, sightings.line,
            sightings.sighting_id
    ) = 1
),

newest_marks as (
    select *
    from annotations
    qualify row_number() over (
        partition by prompt_id, annotator, annotator_digest order by parser_version desc
    ) = 1
)

select
    questions.benchmark_id,
    questions.prompt_id,
    prompts.text,
    prompt_sightings.sources,
    prompt_sightings.first_seen_at,  -- when the crowd first sent it; when it was read, where the source does not say
    prompt_sightings.last_seen_at,
    prompt_sightings.count_sightings,
    prompt_sightings.count_senders,
    first_sightings.source as first_source,  -- of the first sighting, as the next five
    first_sightings.source_ref as first_source_ref,
    first_sightings.location as first_location,  -- file, address or query
    first_sightings.line as first_line,
    first_sightings.turn as first_turn,
    first_sightings.run_id as first_run_id,  -- that read it
    prompts.count_masked,  -- placeholders that masking put in
    curations.language,  -- as detected
    curations.language_confidence,
    curations.count_tokens,
    questions.topic_id,
    coalesce(topic_labels.topic_name, questions.topic_name) as topic_name,  -- the model's, or keywords
    topic_members.similarity as topic_similarity,  -- cosine to the topic's centroid
    topic_members.is_placed,  -- came after the clustering and was placed into a standing topic
    questions.score,  -- criteria met, 0 to 7
    questions.topic_mean,  -- mean score of its topic
    questions.criteria,  -- names of those met
    benchmarks.annotator,  -- who marked the criteria
    benchmarks.annotator_digest,  -- under which revision, sampling, template
    newest_marks.annotated_at,
    newest_marks.request_keys,  -- the calls that marked it, in completions
    questions.is_kept,  -- was a question of the previous version too
    benchmarks.clustering_id,
    benchmarks.as_of,  -- the moment that the version was due by
    benchmarks.frozen_at
from questions
inner join benchmarks on questions.benchmark_id = benchmarks.benchmark_id
inner join prompts on questions.prompt_id = prompts.prompt_id
left join prompt_sightings on questions.prompt_id = prompt_sightings.prompt_id
left join first_sightings on questions.prompt_id = first_sightings.prompt_id
left join curations
    on
        questions.prompt_id = curations.prompt_id
        and benchmarks.curation_digest = curations.curation_digest
left join topic_labels on questions.topic_id = topic_labels.topic_id
left join topic_members
    on
        questions.prompt_id = topic_members.prompt_id
        and benchmarks.clustering_id = topic_members.clustering_id
left join newest_marks
    on
        questions.prompt_id = newest_marks.prompt_id
        and benchmarks.annotator = newest_marks.annotator
        and benchmarks.annotator_digest = newest_marks.annotator_digest;
