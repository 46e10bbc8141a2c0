"""Records of the crowd in, from files; what cannot be read is returned as a rejection, never dropped.

Texts are raw here: the caller masks them before the first write.
"""

from benchbuilder.sources.reading import read_source
from benchbuilder.sources.records import Batch, FileProgress, Reason, Record, Rejection
from benchbuilder.sources.source import FieldMap, Source

__all__ = ["Batch", "FieldMap", "FileProgress", "Reason", "Record", "Rejection", "Source", "read_source"]
