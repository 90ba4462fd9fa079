"""The content room: published cases, guides, batches and pages, as Markdown files with YAML front matter.

The files are the truth. This room reads, checks and writes them; it must not know Flask, the database or the index.
"""

from caselib.content.composing import compose_file
from caselib.content.documents import Document
from caselib.content.models import BatchMeta, CaseMeta, GuideMeta, Kind, Metric, PageMeta, Section
from caselib.content.report import Fault, InvalidDocument, Unreadable
from caselib.content.store import ContentStore, Stamp
from caselib.content.taxonomy import Taxonomy
from caselib.content.vocabulary import Term, Vocabulary

__all__ = [
    "BatchMeta",
    "CaseMeta",
    "ContentStore",
    "Document",
    "Fault",
    "GuideMeta",
    "InvalidDocument",
    "Kind",
    "Metric",
    "PageMeta",
    "Section",
    "Stamp",
    "Taxonomy",
    "Term",
    "Unreadable",
    "Vocabulary",
    "compose_file",
]
