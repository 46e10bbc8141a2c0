-- grain: one question of one version: where it came from, when first seen, its topic, its criteria, who marked them.
create or replace view question_provenance as
select
    questions.benchmark_id,
    questions.prompt_id,
    prompts.text,
    prompt_sightings.sources,
    prompt_sightings.first_seen_at,  -- when the crowd first sent it; when it was read, where the source does not say
    prompt_sightings.last_seen_at,
    prompt_sightings.count_sightings,
    prompt_sightings.count_senders,
    questions.topic_id,
    coalesce(topic_labels.topic_name, questions.topic_name) as topic_name,  -- the model's, or keywords
    questions.score,  -- criteria met, 0 to 7
    questions.topic_mean,  -- mean score of its topic
    questions.criteria,  -- names of those met
    benchmarks.annotator,  -- who marked the criteria
    questions.is_kept  -- was a question of the previous version too
from questions
inner join benchmarks on questions.benchmark_id = benchmarks.benchmark_id
inner join prompts on questions.prompt_id = prompts.prompt_id
left join prompt_sightings on questions.prompt_id = prompt_sightings.prompt_id
left join topic_labels on questions.topic_id = topic_labels.topic_id;
