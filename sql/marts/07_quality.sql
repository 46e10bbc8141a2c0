-- grain: one board compared with one board of people: how good the benchmark is, version by version.
create or replace view quality as
select
    leaderboards.benchmark_id,
    benchmarks.name as benchmark_name,  -- of an imported one
    leaderboards.leaderboard_id,
    leaderboards.fitted_at,
    leaderboards.judges,
    benchmark_quality.people,  -- whom it was compared with; empty for nobody
    benchmark_quality.separability,  -- share of pairs whose intervals do not overlap, as the paper counts
    benchmark_quality.agreement_paper,  -- all pairs: 1, -1 where it contradicts, 0 where one side does not separate
    benchmark_quality.agreement_blog,  -- of the pairs that people separate
    benchmark_quality.agreement_notebook,  -- the same, 1/2 for an overlap
    benchmark_quality.spearman,
    benchmark_quality.kendall,
    benchmark_quality.brier,
    benchmark_quality.count_models,  -- that both boards have
    benchmark_quality.count_pairs,
    benchmark_quality.measured_at
from benchmark_quality
inner join leaderboards on benchmark_quality.leaderboard_id = leaderboards.leaderboard_id
inner join benchmarks on leaderboards.benchmark_id = benchmarks.benchmark_id
qualify row_number() over (
    partition by benchmark_quality.leaderboard_id, benchmark_quality.people
    order by benchmark_quality.measured_at desc
) = 1;
