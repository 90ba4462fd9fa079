"""What is in the book (汇编) of a published batch, and in which order: only what anybody can read on the site now.

Nothing here knows paper, pages or files; ``manuscript`` words it, ``typesetting`` and ``word`` make files of that.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from caselib.content import BatchMeta, CaseMeta, ContentStore, Document, Kind, Taxonomy, Vocabulary
from caselib.content.figures import Drawn, draw
from caselib.errors import CaselibError, NotFound
from caselib.publishing.documents import batch_name
from caselib.search import SearchQuery, SearchRoom

NAME = "优良案例汇编"
_AT_ONCE = 100
_Keys = Callable[[CaseMeta], Collection[str]]


@dataclass(frozen=True)
class Chapter:
    """One case: its place in the book, what is said of it, and the guides it follows by title."""

    place: int
    document: Document
    meta: CaseMeta
    facts: tuple[tuple[str, str], ...]
    guides: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """What leads to the case from inside the book."""
        return f"case-{self.place}"

    @property
    def metrics(self) -> list[Drawn]:
        """The figures, worded as on the case's page."""
        return [draw(metric) for metric in self.meta.metrics]


@dataclass(frozen=True)
class Index:
    """The cases once more under the words of one vocabulary; a word without a case is left out."""

    name: str
    entries: tuple[tuple[str, tuple[Chapter, ...]], ...]


@dataclass(frozen=True)
class Book:
    """The book of one batch.

    Attributes:
        page: the batch's own.
        issuer: the body that runs the site, or the site itself.
        taxonomy: by which its codes are called.
    """

    number: int
    page: Document
    meta: BatchMeta
    chapters: tuple[Chapter, ...]
    issuer: str
    taxonomy: Taxonomy

    @property
    def title(self) -> str:
        """优良案例汇编（第三批）: the running title, and the name of the file."""
        return f"{NAME}（{batch_name(self.number)}）"

    @property
    def day(self) -> date:
        """The day of the batch: the book knows no clock, so that the same cases make the same book."""
        return self.meta.published

    @property
    def samples(self) -> int:
        """How many of the cases are demonstration content."""
        return sum(chapter.meta.sample for chapter in self.chapters)

    @property
    def sample(self) -> bool:
        """Whether the cover must say that there is demonstration content in the book."""
        return self.meta.sample or self.samples > 0

    @property
    def indexes(self) -> list[Index]:
        """By industry, by province, and by the problems that firms have in common; those that hold something."""
        known = self.taxonomy
        found = [
            self._index("按行业", known.industries, lambda meta: meta.industry),
            self._index(
                "按地区", known.regions, lambda meta: [each.key for each in known.region_path(meta.region)[:1]]
            ),
            self._index("按共性质量问题", known.problems, lambda meta: meta.problems),
        ]
        return [index for index in found if index.entries]

    def _index(self, name: str, vocabulary: Vocabulary, keys: _Keys) -> Index:
        under = {key: tuple(each for each in self.chapters if key in keys(each.meta)) for key in vocabulary}
        return Index(name, tuple((vocabulary[key].name, cases) for key, cases in under.items() if cases))


def gather(store: ContentStore, search: SearchRoom, number: int, issuer: str) -> Book:
    """The book of the batch as it can be read at this moment; the index first takes in what changed.

    Raises:
        NotFound: no such batch is published.
        CaselibError: its page has errors, or the index cannot be read or written.
    """
    try:
        page = store.read(Kind.BATCH, str(number))
    except NotFound:
        raise NotFound(f"{batch_name(number)}还没有发布，没有汇编。", "请核对批次号；发布以后再导出。") from None
    assert isinstance(page.meta, BatchMeta)
    search.sync(store)
    names = store.taxonomy
    chapters = tuple(_chapter(store, names, place, each) for place, each in enumerate(_cases(store, search, number), 1))
    return Book(number, page, page.meta, chapters, issuer, names)


def _cases(store: ContentStore, search: SearchRoom, number: int) -> Iterator[Document]:
    """The cases of the batch in the order of its page; one that went meanwhile is left out."""
    page, left = 1, 1
    while left > 0:
        query = SearchQuery(kind=(Kind.CASE.value,), batch=(number,), sort="newest", page=page, per_page=_AT_ONCE)
        answer = search.search(query)
        for hit in answer.hits:
            if found := _readable(store, Kind.CASE, hit.slug):
                yield found
        left, page = answer.total - page * _AT_ONCE, page + 1


def _readable(store: ContentStore, kind: Kind, slug: str) -> Document | None:
    try:
        return store.read(kind, slug)
    except CaselibError:
        return None


def _chapter(store: ContentStore, names: Taxonomy, place: int, document: Document) -> Chapter:
    meta = document.meta
    assert isinstance(meta, CaseMeta)
    guides = [guide.meta for slug in meta.guides if (guide := _readable(store, Kind.GUIDE, slug))]
    titles = (
        f"《{guide.title}》{f'（{edition}）' if (edition := getattr(guide, 'edition', '')) else ''}" for guide in guides
    )
    return Chapter(place, document, meta, tuple(_facts(meta, names)), tuple(titles))


def _facts(meta: CaseMeta, names: Taxonomy) -> Iterator[tuple[str, str]]:
    """What the file says of the case, called as on its page; what it does not say is not there."""
    said = {
        "企业": meta.firm,
        "企业规模": meta.firm_size,
        "行业": _named(names.industries, meta.industry),
        "地区": "".join(term.name for term in names.region_path(meta.region)),
        "问题": _named(names.problems, meta.problems),
        "做法": _named(names.measures, meta.measures),
        "成效": _named(names.effects, meta.effects),
        "年份": f"{meta.year}年",
        "报送单位": meta.submitter,
        "认证机构": meta.certifier,
    }
    return ((label, text) for label, text in said.items() if text)


def _named(vocabulary: Vocabulary, keys: Iterable[str]) -> str:
    return "；".join(vocabulary[key].name if key in vocabulary else key for key in keys)
