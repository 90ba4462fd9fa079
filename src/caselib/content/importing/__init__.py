"""Bringing strangers' Markdown into the library: any header, any encoding, one answer for each file.

``run`` goes through the files, ``headers`` and ``recovery`` read what stands before the text, ``fields``, ``values``
and ``mapping`` make our front matter of it. A body is never altered but for its encoding, its line
ends and what nobody sees; a file of ours is taken with that, so that a library can be moved and be the same.
"""

from caselib.content.importing.run import ImportedFile, Outcome, import_paths

__all__ = ["ImportedFile", "Outcome", "import_paths"]
