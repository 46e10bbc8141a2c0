-- The database enforces no key, so this proves them: each row is a key that stands more than once.
select
    'ingest_batches' as relation,
    batch_id as row_key,
    count(*) as count_rows
from ingest_batches
group by batch_id
having count(*) > 1
union all
select
    'prompts' as relation,
    prompt_id as row_key,
    count(*) as count_rows
from prompts
group by prompt_id
having count(*) > 1
union all
select
    'sightings' as relation,
    sighting_id as row_key,
    count(*) as count_rows
from sightings
group by sighting_id
having count(*) > 1
union all
select
    'rejections' as relation,
    rejection_id as row_key,
    count(*) as count_rows
from rejections
group by rejection_id
having count(*) > 1
union all
select
    'forgotten_prompts' as relation,
    prompt_id as row_key,
    count(*) as count_rows
from forgotten_prompts
group by prompt_id
having count(*) > 1
union all
select
    'curations' as relation,
    concat_ws(' ', prompt_id, curation_digest) as row_key,
    count(*) as count_rows
from curations
group by prompt_id, curation_digest
having count(*) > 1
union all
select
    'public_items' as relation,
    concat_ws(' ', benchmark, item_id) as row_key,
    count(*) as count_rows
from public_items
group by benchmark, item_id
having count(*) > 1
union all
select
    'exclusions' as relation,
    concat_ws(' ', prompt_id, decision) as row_key,
    count(*) as count_rows
from exclusions
group by prompt_id, decision
having count(*) > 1
union all
select
    'completions' as relation,
    concat_ws(' ', request_key, attempt) as row_key,
    count(*) as count_rows
from completions
group by request_key, attempt
having count(*) > 1
union all
select
    'embeddings' as relation,
    concat_ws(' ', prompt_id, embedder, revision) as row_key,
    count(*) as count_rows
from embeddings
group by prompt_id, embedder, revision
having count(*) > 1
union all
select
    'annotations' as relation,
    concat_ws(' ', prompt_id, annotator, annotator_digest, parser_version) as row_key,
    count(*) as count_rows
from annotations
group by prompt_id, annotator, annotator_digest, parser_version
having count(*) > 1
union all
select
    'cascades' as relation,
    cascade_id as row_key,
    count(*) as count_rows
from cascades
group by cascade_id
having count(*) > 1
union all
select
    'cascade_members' as relation,
    concat_ws(' ', cascade_id, prompt_id) as row_key,
    count(*) as count_rows
from cascade_members
group by cascade_id, prompt_id
having count(*) > 1
union all
select
    'answers' as relation,
    concat_ws(' ', prompt_id, model, model_digest) as row_key,
    count(*) as count_rows
from answers
group by prompt_id, model, model_digest
having count(*) > 1
union all
select
    'judgments' as relation,
    concat_ws(' ', request_key, parser_version, model, baseline, baseline_first) as row_key,
    count(*) as count_rows
from judgments
group by request_key, parser_version, model, baseline, baseline_first
having count(*) > 1
union all
select
    'clusterings' as relation,
    clustering_id as row_key,
    count(*) as count_rows
from clusterings
group by clustering_id
having count(*) > 1
union all
select
    'topics' as relation,
    concat_ws(' ', clustering_id, topic_id) as row_key,
    count(*) as count_rows
from topics
group by clustering_id, topic_id
having count(*) > 1
union all
select
    'topic_names' as relation,
    concat_ws(' ', topic_id, parser_version) as row_key,
    count(*) as count_rows
from topic_names
group by topic_id, parser_version
having count(*) > 1
union all
select
    'topic_members' as relation,
    concat_ws(' ', clustering_id, prompt_id) as row_key,
    count(*) as count_rows
from topic_members
group by clustering_id, prompt_id
having count(*) > 1
union all
select
    'topic_changes' as relation,
    concat_ws(' ', clustering_id, topic_id) as row_key,
    count(*) as count_rows
from topic_changes
group by clustering_id, topic_id
having count(*) > 1
union all
select
    'benchmarks' as relation,
    benchmark_id as row_key,
    count(*) as count_rows
from benchmarks
group by benchmark_id
having count(*) > 1
union all
select
    'choices' as relation,
    concat_ws(' ', benchmark_id, chosen_at) as row_key,
    count(*) as count_rows
from choices
group by benchmark_id, chosen_at
having count(*) > 1
union all
select
    'questions' as relation,
    concat_ws(' ', benchmark_id, question_ref) as row_key,
    count(*) as count_rows
from questions
group by benchmark_id, question_ref
having count(*) > 1
union all
select
    'turned_away' as relation,
    concat_ws(' ', benchmark_id, prompt_id) as row_key,
    count(*) as count_rows
from turned_away
group by benchmark_id, prompt_id
having count(*) > 1
union all
select
    'leaderboards' as relation,
    leaderboard_id as row_key,
    count(*) as count_rows
from leaderboards
group by leaderboard_id
having count(*) > 1
union all
select
    'leaderboard_rows' as relation,
    concat_ws(' ', leaderboard_id, model) as row_key,
    count(*) as count_rows
from leaderboard_rows
group by leaderboard_id, model
having count(*) > 1
union all
select
    'imported_questions' as relation,
    question_ref as row_key,
    count(*) as count_rows
from imported_questions
group by question_ref
having count(*) > 1
union all
select
    'given_answers' as relation,
    answer_key as row_key,
    count(*) as count_rows
from given_answers
group by answer_key
having count(*) > 1
union all
select
    'imported_judgments' as relation,
    concat_ws(' ', question_ref, model, baseline, judge, baseline_first, is_order_known, replicate) as row_key,
    count(*) as count_rows
from imported_judgments
group by question_ref, model, baseline, judge, baseline_first, is_order_known, replicate
having count(*) > 1
union all
select
    'import_rejections' as relation,
    rejection_id as row_key,
    count(*) as count_rows
from import_rejections
group by rejection_id
having count(*) > 1
union all
select
    'human_votes' as relation,
    vote_id as row_key,
    count(*) as count_rows
from human_votes
group by vote_id
having count(*) > 1
union all
select
    'human_ratings' as relation,
    concat_ws(' ', people, model) as row_key,
    count(*) as count_rows
from human_ratings
group by people, model
having count(*) > 1
union all
select
    'answer_styles' as relation,
    request_key as row_key,
    count(*) as count_rows
from answer_styles
group by request_key
having count(*) > 1
union all
select
    'benchmark_quality' as relation,
    concat_ws(' ', leaderboard_id, people, people_digest) as row_key,
    count(*) as count_rows
from benchmark_quality
group by leaderboard_id, people, people_digest
having count(*) > 1;
