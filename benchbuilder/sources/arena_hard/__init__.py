"""The files of arena-hard-auto, in and out: its two layouts, its battles, and tables of verdicts ↔ frames.

Reading takes any mix of the layouts, record by record; writing makes the v2.0 layout, which its show_result reads.
Nothing here knows the warehouse: frames come out with plain references (`question_ref`), and so they go in.
"""

from benchbuilder.sources.arena_hard.games import DEFAULT_BASELINE
from benchbuilder.sources.arena_hard.parts import (
    ANSWER_SCHEMA,
    BATTLES_JUDGE,
    JUDGMENT_SCHEMA,
    QUESTION_SCHEMA,
    REJECTION_SCHEMA,
    Fault,
    Part,
)
from benchbuilder.sources.arena_hard.reader import read_arena_hard
from benchbuilder.sources.arena_hard.writer import write_arena_hard

__all__ = [
    "ANSWER_SCHEMA",
    "BATTLES_JUDGE",
    "DEFAULT_BASELINE",
    "JUDGMENT_SCHEMA",
    "QUESTION_SCHEMA",
    "REJECTION_SCHEMA",
    "Fault",
    "Part",
    "read_arena_hard",
    "write_arena_hard",
]
