-- The database enforces no key, so this proves them: each row is a key that stands more than once.
select
    'ingest_batches' as relation,
    batch_id::varchar as row_key,
    count(*) as count_rows
from ingest_batches
group by all
having count(*) > 1
union all
select
    'prompts' as relation,
    prompt_id::varchar as row_key,
    count(*) as count_rows
from prompts
group by all
having count(*) > 1
union all
select
    'sightings' as relation,
    sighting_id::varchar as row_key,
    count(*) as count_rows
from sightings
group by all
having count(*) > 1
union all
select
    'rejections' as relation,
    rejection_id::varchar as row_key,
    count(*) as count_rows
from rejections
group by all
having count(*) > 1
union all
select
    'curations' as relation,
    prompt_id::varchar || ' ' || curation_digest::varchar as row_key,
    count(*) as count_rows
from curations
group by all
having count(*) > 1
union all
select
    'completions' as relation,
    request_key::varchar || ' ' || attempt::varchar as row_key,
    count(*) as count_rows
from completions
group by all
having count(*) > 1
union all
select
    'embeddings' as relation,
    prompt_id::varchar || ' ' || embedder::varchar || ' ' || revision::varchar as row_key,
    count(*) as count_rows
from embeddings
group by all
having count(*) > 1
union all
select
    'annotations' as relation,
    prompt_id::varchar || ' ' || annotator::varchar || ' ' || annotator_digest::varchar || ' ' || parser_version::varchar as row_key,
    count(*) as count_rows
from annotations
group by all
having count(*) > 1
union all
select
    'answers' as relation,
    prompt_id::varchar || ' ' || model::varchar || ' ' || model_digest::varchar as row_key,
    count(*) as count_rows
from answers
group by all
having count(*) > 1
union all
select
    'judgments' as relation,
    request_key::varchar || ' ' || parser_version::varchar as row_key,
    count(*) as count_rows
from judgments
group by all
having count(*) > 1
union all
select
    'clusterings' as relation,
    clustering_id::varchar as row_key,
    count(*) as count_rows
from clusterings
group by all
having count(*) > 1
union all
select
    'topics' as relation,
    clustering_id::varchar || ' ' || topic_id::varchar as row_key,
    count(*) as count_rows
from topics
group by all
having count(*) > 1
union all
select
    'topic_names' as relation,
    topic_id::varchar || ' ' || parser_version::varchar as row_key,
    count(*) as count_rows
from topic_names
group by all
having count(*) > 1
union all
select
    'topic_members' as relation,
    clustering_id::varchar || ' ' || prompt_id::varchar as row_key,
    count(*) as count_rows
from topic_members
group by all
having count(*) > 1
union all
select
    'benchmarks' as relation,
    benchmark_id::varchar as row_key,
    count(*) as count_rows
from benchmarks
group by all
having count(*) > 1
union all
select
    'questions' as relation,
    benchmark_id::varchar || ' ' || prompt_id::varchar as row_key,
    count(*) as count_rows
from questions
group by all
having count(*) > 1
union all
select
    'turned_away' as relation,
    benchmark_id::varchar || ' ' || prompt_id::varchar as row_key,
    count(*) as count_rows
from turned_away
group by all
having count(*) > 1
union all
select
    'leaderboards' as relation,
    leaderboard_id::varchar as row_key,
    count(*) as count_rows
from leaderboards
group by all
having count(*) > 1
union all
select
    'leaderboard_rows' as relation,
    leaderboard_id::varchar || ' ' || model::varchar as row_key,
    count(*) as count_rows
from leaderboard_rows
group by all
having count(*) > 1;
