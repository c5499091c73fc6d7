"""What other tools export beside pictures: which sign each shows, and to which part it belongs.

Only classes are read. Where the boxes around hands are is not: hands are searched for again, as in
every other picture, so that training and prediction see them cut out alike.
"""

from asl.data.exports.read import is_annotation, read_export, read_tables
from asl.data.exports.records import Export, ExportError, Shown

__all__ = ["Export", "ExportError", "Shown", "is_annotation", "read_export", "read_tables"]
