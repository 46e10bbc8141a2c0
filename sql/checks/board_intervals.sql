-- Each row is a model whose interval does not hold its win-rate, or leaves 0 to 1.
select
    leaderboard_id,
    model,
    win_rate,
    lower,
    upper
from leaderboard_rows
where not (0 <= lower and lower <= win_rate and win_rate <= upper and upper <= 1);
