"""Looking at every file of a content tree, and at what they say of each other."""

from typing import TYPE_CHECKING

from caselib.content.report import InvalidDocument, Problem

if TYPE_CHECKING:
    from caselib.content.store import ContentStore


def check_library(store: "ContentStore") -> list[Problem]:
    """Every problem of every file, sorted by path and line."""
    problems: list[Problem] = list(store.taxonomy.faults)
    for kind, slug in store.scan():
        try:
            store.read(kind, slug)
        except InvalidDocument as error:
            problems.extend(error.problems)
    return sorted(problems)
