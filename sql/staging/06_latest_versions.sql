-- grain: one row: the newest frozen version.
create or replace view latest_benchmark as
select * from benchmarks
order by frozen_at desc, benchmark_id asc
limit 1;

-- grain: one benchmark version: its newest board that was not withheld.
create or replace view latest_leaderboards as
select * from leaderboards
where not is_withheld
qualify row_number() over (partition by benchmark_id order by fitted_at desc, leaderboard_id asc) = 1;
