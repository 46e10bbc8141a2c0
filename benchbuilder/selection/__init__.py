"""Which prompts become questions: thresholds, sampling by hash, and the identity of a version.

    candidates ─► criteria met ─► score ─► topic mean ─► eligible ─► kept + sampled ─► Selection

Pure. A version does not churn (design §3): which prompt of a topic and which topic is drawn depends on hashes of their
ids alone, so that one new prompt moves at most one question as long as it changes neither a threshold nor which topics
are eligible; and old questions that are still eligible keep their place up to a share. Source of criteria, thresholds
and "two prompts from each of 250 topics": arXiv 2406.11939, section 4.
"""

from benchbuilder.selection.options import Reason, SelectionSettings
from benchbuilder.selection.version import Selection, select_questions

__all__ = ["Reason", "Selection", "SelectionSettings", "select_questions"]
