"""How often an interval that says 95 % holds the truth, ours and those it replaces.

games (what a judge does) ─► study (coverage per model) · boards (wrong separations, ranks) · limits ─► report
"""
