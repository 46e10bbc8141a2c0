"""The SQL of the warehouse, read with importlib.resources.

migrations/  numbered DDL; each file is applied once and never changed afterwards
staging/     views that the steps share: which state of a completion counts, which prompts were accepted
marts/       views that people query; each names its grain in its first line
checks/      queries that return the offending rows; empty means pass

Portable subset: no indexes, keys, constraints, enums or sequences, so that a DuckLake catalog can take the place of the
file.
"""
