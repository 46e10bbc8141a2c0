-- grain: one annotator, criterion and other annotator, over the prompts that both have marked.
create or replace view annotator_card as
with

latest_marks as (
    select * from annotations
    qualify row_number() over (
        partition by prompt_id, annotator, annotator_digest
        order by parser_version desc
    ) = 1
),

latest_cascades as (
    select * from cascades
    qualify row_number() over (
        partition by annotator_digest, cheap_digest
        order by fitted_at desc
    ) = 1
),

-- Of the cheap marks of a cascade those of the sample count: they did not learn from the prompt they are about.
all_marks as (
    select
        annotator,
        annotator_digest,
        prompt_id,
        is_readable,
        request_keys,
        specificity,
        domain_knowledge,
        complexity,
        problem_solving,
        creativity,
        technical_accuracy,
        real_world_application
    from latest_marks
    union all by name
    select
        latest_cascades.cheap_annotator || ' (cascade)' as annotator,
        latest_cascades.cascade_id as annotator_digest,
        cascade_members.* exclude (cascade_id, is_sampled, is_passed, cheap_score, marked_at),
        cascade_members.cheap_score is not null as is_readable,
        []::varchar[] as request_keys
    from cascade_members
    inner join latest_cascades on cascade_members.cascade_id = latest_cascades.cascade_id
    where cascade_members.is_sampled
),

asked as (
    select distinct
        annotator,
        annotator_digest,
        unnest(request_keys) as request_key
    from all_marks
),

paid as (
    select
        asked.annotator,
        asked.annotator_digest,
        sum(completions.cost_usd) as cost_usd
    from asked
    inner join completions on asked.request_key = completions.request_key
    group by all
),

totals as (
    select
        all_marks.annotator,
        all_marks.annotator_digest,
        count(*) as count_prompts,
        avg((not all_marks.is_readable)::integer) as share_unparsable,
        coalesce(any_value(paid.cost_usd), 0) as cost_usd
    from all_marks
    left join paid
        on
            all_marks.annotator = paid.annotator
            and all_marks.annotator_digest = paid.annotator_digest
    group by all
),

readable as (
    select * exclude (is_readable, request_keys)
    from all_marks
    where is_readable
),

marks as (
    unpivot readable
    on columns(* exclude (annotator, annotator_digest, prompt_id))
    into name criterion value likelihood
),

compared as (
    select
        marks.annotator,
        marks.annotator_digest,
        marks.criterion,
        others.annotator as compared_with,
        others.annotator_digest as compared_with_digest,
        count(*) as count_both,
        avg((marks.likelihood > 0.5)::integer) as share_met,
        avg((others.likelihood > 0.5)::integer) as share_met_by_other,
        avg(((marks.likelihood > 0.5) = (others.likelihood > 0.5))::integer) as agreement
    from marks
    inner join marks as others
        on
            marks.prompt_id = others.prompt_id
            and marks.criterion = others.criterion
            and (marks.annotator <> others.annotator or marks.annotator_digest <> others.annotator_digest)
    group by all
),

by_chance as (
    select
        *,
        share_met * share_met_by_other + (1 - share_met) * (1 - share_met_by_other) as agreement_by_chance
    from compared
)

select
    totals.annotator,  -- the name of a model; with (cascade) behind it, what a cascade made of it or of the embedder
    totals.annotator_digest,
    totals.count_prompts,  -- marked, read or not; of a cascade the sample
    totals.share_unparsable,
    totals.cost_usd,  -- of all attempts; a call that two digests share counts for both
    by_chance.criterion,
    by_chance.compared_with,  -- null where no other has marked the same prompts
    by_chance.compared_with_digest,
    by_chance.count_both,  -- prompts that both have marked
    by_chance.share_met,  -- of these; a likelihood over 1/2 is a criterion met
    by_chance.share_met_by_other,
    by_chance.agreement,  -- share of these of which both say the same
    case  -- Cohen's; null where chance explains all of it
        when by_chance.agreement_by_chance < 1
            then (by_chance.agreement - by_chance.agreement_by_chance) / (1 - by_chance.agreement_by_chance)
    end as kappa
from totals
left join by_chance
    on
        totals.annotator = by_chance.annotator
        and totals.annotator_digest = by_chance.annotator_digest;
