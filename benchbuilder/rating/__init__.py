"""From verdicts to numbers that can be trusted: win rates, intervals, ranks, the judges' bias. Pure numpy and polars.

verdicts ─► battles (sums) ─► bradley_terry (scores) ─► intervals ─► pairs (who is separated) ─► leaderboard
"""
