-- grain: one version: its latest choice; of an import, or in an older warehouse, the moment when it was frozen.
create or replace view latest_choices as
select
    benchmarks.benchmark_id,
    case when choices.chosen_at is null then benchmarks.previous_id else choices.previous_id end as previous_id,
    coalesce(choices.as_of, benchmarks.as_of) as as_of,
    coalesce(choices.chosen_at, benchmarks.frozen_at) as chosen_at
from benchmarks
left join choices on benchmarks.benchmark_id = choices.benchmark_id
qualify row_number() over (partition by benchmarks.benchmark_id order by choices.chosen_at desc) = 1;

-- grain: one row: the version that was chosen last, of those that were built here.
create or replace view latest_built_benchmark as
select benchmarks.*
from benchmarks
inner join latest_choices on benchmarks.benchmark_id = latest_choices.benchmark_id
where not benchmarks.is_imported
order by latest_choices.chosen_at desc, benchmarks.benchmark_id asc
limit 1;

-- grain: one row: the version that was chosen last; where none was built here, the newest imported one.
create or replace view latest_benchmark as
select benchmarks.*
from benchmarks
inner join latest_choices on benchmarks.benchmark_id = latest_choices.benchmark_id
order by benchmarks.is_imported asc, latest_choices.chosen_at desc, benchmarks.benchmark_id asc
limit 1;

-- grain: one benchmark version: its newest board that was not withheld.
create or replace view latest_leaderboards as
select * from leaderboards
where not is_withheld
qualify row_number() over (partition by benchmark_id order by fitted_at desc, leaderboard_id asc) = 1;

-- grain: one row: the newest board of the version chosen last of those with a board; else of the import rated last.
create or replace view latest_leaderboard as
select latest_leaderboards.*
from latest_leaderboards
inner join benchmarks on latest_leaderboards.benchmark_id = benchmarks.benchmark_id
inner join latest_choices on latest_leaderboards.benchmark_id = latest_choices.benchmark_id
order by
    benchmarks.is_imported asc,
    case when benchmarks.is_imported then latest_leaderboards.fitted_at else latest_choices.chosen_at end desc,
    latest_leaderboards.fitted_at desc,
    latest_leaderboards.benchmark_id asc
limit 1;
