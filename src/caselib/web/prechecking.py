"""What a submission lacks, gathered for a page: the text by itself, and texts that it is much like.

The checks are the review room's; published cases to compare with are found by the search room.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from caselib.content import Kind
from caselib.content.plaintext import sections
from caselib.errors import Unavailable
from caselib.people import Actor
from caselib.review import duplicates, prechecks, queries
from caselib.review.models import Call, Submission
from caselib.review.prechecks import Finding, Other
from caselib.web import listing
from caselib.web.rooms import readable, rooms

PROBE = 60
"""Characters of each section that published cases are searched for."""
LOOKED_AT = 10


def all_findings(
    session: Session, actor: Actor, submission: Submission, call: Call, front: Mapping[str, Any], body: str
) -> list[Finding]:
    """What is wrong with the text, and which texts it is much like; two statements and a search."""
    found = prechecks.check(front, body, call.rulebook, rooms.store.taxonomy)
    others = queries.comparable_texts(session, actor, submission)
    try:
        others += _published(body)
    except Unavailable:
        found.append(Finding("warning", "body", "暂时不能与已发布的案例比对。", "搜索恢复后会再比对。"))
    return found + duplicates.check(body, duplicates.known(others))


def _published(body: str) -> list[tuple[Other, str]]:
    """Published cases that share words with ``body``, and their bodies."""
    probe = " ".join(section.text[:PROBE] for section in sections(body)).strip()
    hits = listing.find(q=probe, kind=(Kind.CASE,), sort="relevance", per_page=LOOKED_AT).hits if probe else []
    documents = [readable(Kind.CASE, hit.slug) for hit in hits]
    return [(Other(f"已发布的“{each.meta.title}”", each.url), each.body) for each in documents if each]
