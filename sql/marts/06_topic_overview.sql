-- grain: one topic of the newest clustering.
create or replace view topic_overview as
with

latest as (
    select * from clusterings
    order by clustered_at desc, clustering_id asc
    limit 1
),

members as (
    select topic_members.*
    from topic_members
    inner join latest on topic_members.clustering_id = latest.clustering_id
),

chosen as (
    select questions.prompt_id
    from questions
    inner join latest_benchmark on questions.benchmark_id = latest_benchmark.benchmark_id
)

select
    topics.topic_id,
    topic_labels.topic_name,
    topics.keywords,
    topics.broad_topic,
    count(members.prompt_id) filter (where not members.is_outlier) as count_prompts,  -- members
    count(members.prompt_id) filter (where members.is_outlier) as count_nearby_outliers,  -- in none, nearest here
    count(chosen.prompt_id) as count_questions  -- of the newest version
from latest
inner join topics on latest.clustering_id = topics.clustering_id
left join topic_labels on topics.topic_id = topic_labels.topic_id
left join members on topics.topic_id = members.topic_id
left join chosen on members.prompt_id = chosen.prompt_id
group by all;

-- grain: one prompt on the map of the newest clustering.
create or replace view topic_map as
with

latest as (
    select * from clusterings
    order by clustered_at desc, clustering_id asc
    limit 1
)

select
    topic_members.prompt_id,
    topic_members.topic_id,
    topic_labels.topic_name,
    topic_members.is_outlier,
    topic_members.x,
    topic_members.y,
    prompt_outcomes.text,
    prompt_outcomes.stage = 'question' as is_question  -- of the newest version
from latest
inner join topic_members on latest.clustering_id = topic_members.clustering_id
inner join prompt_outcomes on topic_members.prompt_id = prompt_outcomes.prompt_id
left join topic_labels on topic_members.topic_id = topic_labels.topic_id;
