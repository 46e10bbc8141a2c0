"""Records of the crowd in, from files, pages and queries.

What cannot be read is returned as a rejection, never dropped.
Texts are raw here: the caller masks them before the first write.
"""

from benchbuilder.sources.reading import read_source
from benchbuilder.sources.records import Batch, Progress, Reason, Record, Rejection
from benchbuilder.sources.source import FieldMap, HttpPages, Source, SqlQuery

__all__ = [
    "Batch",
    "FieldMap",
    "HttpPages",
    "Progress",
    "Reason",
    "Record",
    "Rejection",
    "Source",
    "SqlQuery",
    "read_source",
]
