"""Lists of cases and guides: each hit with the one figure worth showing, and the links from page to page.

A list is one answer of the search room and nothing else: no document is opened to show it among others. The one
exception is a batch that was published a moment ago.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import escape

from caselib.content import CaseMeta, Document, Kind, Metric
from caselib.content.figures import Drawn, draw
from caselib.publishing.queries import released_cases
from caselib.search import Answer, Hit, SearchQuery
from caselib.web.rooms import from_database, readable, rooms

AROUND = 2
"""How many page numbers to show on each side of the current one."""


IN_BATCH = 100
"""Cases of a batch that are listed at once; a batch is about 25."""
AT_ONCE = 20
"""Documents in a list that is not paged; the rest is one link away."""


@dataclass(frozen=True)
class Entry:
    """One item of a list."""

    hit: Hit
    figure: Drawn | None


@dataclass(frozen=True)
class Paging:
    """Where this page stands among the others. ``links`` holds ``(number, address)``; a gap is ``(0, "")``."""

    page: int
    last: int
    links: list[tuple[int, str]]
    previous: str
    next: str


def find(**filters: object) -> Answer:
    """A list: everything that matches, newest first."""
    return rooms.search.search(SearchQuery(**({"sort": "newest", "per_page": AT_ONCE} | filters)))  # type: ignore[arg-type]


def of_batch(number: int, selected: int | None) -> Answer:
    """The cases of a batch of which ``selected`` were published.

    A batch is there the moment it is published; the index takes it in within seconds, and until then its files are asked.
    """
    answer = find(kind=("case",), batch=(number,), per_page=IN_BATCH)
    if not selected or answer.total >= selected:
        return answer
    documents = [each for slug in released(number) if (each := readable(Kind.CASE, slug))]
    return answer if len(documents) <= answer.total else _answer(documents)


def released(batch: int) -> list[str]:
    """Slugs of the batch's cases; none when the database cannot say."""
    return from_database(lambda session: released_cases(session, batch), "what a batch brought", [])


def _answer(documents: Sequence[Document]) -> Answer:
    hits = [_hit(each) for each in documents[:IN_BATCH]]
    return Answer("", len(documents), 1, IN_BATCH, 0.0, None, False, hits, {})


def _hit(document: Document) -> Hit:
    """The document as the index will show it in a list that nobody searched for."""
    meta = document.meta
    assert isinstance(meta, CaseMeta)
    return Hit(
        kind=document.kind.value,
        slug=document.slug,
        url=document.url,
        title=meta.title,
        title_html=str(escape(meta.title)),
        summary=document.summary,
        snippet_html=str(escape(document.summary)),
        industry=meta.industry,
        region=meta.region,
        year=meta.year,
        batch=meta.batch,
        problems=meta.problems,
        effects=meta.effects,
        firm=meta.firm or "",
        firm_size=meta.firm_size,
        published=meta.published.isoformat() if meta.published else None,
        sample=meta.sample,
    )


def entries(hits: Iterable[Hit]) -> list[Entry]:
    """The hits with their figures."""
    return [Entry(hit, _drawn(tuple(hit.figure.items())) if hit.figure else None) for hit in hits]


@lru_cache(maxsize=4096)
def _drawn(figure: tuple[tuple[str, Any], ...]) -> Drawn:
    return draw(Metric(**dict(figure)))


def last_page(answer: Answer) -> int:
    """The number of the last page that holds something; 1 for an empty answer."""
    return max(1, -(-answer.total // answer.per_page))


def paging(answer: Answer, address: Callable[[int], str]) -> Paging:
    """The links to the other pages of ``answer``; ``address`` gives that of a page by its number."""
    page, last = answer.page, last_page(answer)
    near = {number for number in range(page - AROUND, page + AROUND + 1) if 1 <= number <= last} | {1, last}
    links: list[tuple[int, str]] = []
    for number in sorted(near):
        if links and number > links[-1][0] + 1:
            links.append((0, ""))
        links.append((number, address(number)))
    return Paging(page, last, links, address(page - 1) if page > 1 else "", address(page + 1) if page < last else "")
