-- grain: one row: the newest version that was built here.
create or replace view latest_built_benchmark as
select * from benchmarks
where not is_imported
order by frozen_at desc, benchmark_id asc
limit 1;

-- grain: one row: the newest version that was built here; where none was, the newest imported one.
create or replace view latest_benchmark as
select * from benchmarks
order by is_imported asc, frozen_at desc, benchmark_id asc
limit 1;

-- grain: one benchmark version: its newest board that was not withheld.
create or replace view latest_leaderboards as
select * from leaderboards
where not is_withheld
qualify row_number() over (partition by benchmark_id order by fitted_at desc, leaderboard_id asc) = 1;
