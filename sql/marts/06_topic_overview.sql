-- grain: one topic of the newest clustering.
create or replace view topic_overview as
with

members as (
    select topic_members.*
    from topic_members
    inner join latest_clustering on topic_members.clustering_id = latest_clustering.clustering_id
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
from latest_clustering
inner join topics on latest_clustering.clustering_id = topics.clustering_id
left join topic_labels on topics.topic_id = topic_labels.topic_id
left join members on topics.topic_id = members.topic_id
left join chosen on members.prompt_id = chosen.prompt_id
group by all;

-- grain: one broad topic of the newest clustering, called by its largest topics.
create or replace view broad_topic_overview as
select
    broad_topic,
    list(topic_name order by count_prompts desc, topic_id asc)[1:3] as largest_topics,
    count(*) as count_topics,
    sum(count_prompts)::bigint as count_prompts,
    sum(count_questions)::bigint as count_questions  -- of the newest version
from topic_overview
group by broad_topic;

-- grain: one prompt on the map of the newest clustering.
create or replace view topic_map as
select
    topic_members.prompt_id,
    topic_members.topic_id,
    topic_labels.topic_name,
    topic_members.is_outlier,
    topic_members.x,
    topic_members.y,
    prompt_outcomes.text,
    prompt_outcomes.stage = 'question' as is_question  -- of the newest version
from latest_clustering
inner join topic_members on latest_clustering.clustering_id = topic_members.clustering_id
inner join prompt_outcomes on topic_members.prompt_id = prompt_outcomes.prompt_id
left join topic_labels on topic_members.topic_id = topic_labels.topic_id;
