"""What a user would pick instead, each asked for the same whole answer: 10 hits with snippets, 5 facets, the total.

All rank documents that hold any of the words, and all get the same words, cut by the Rust binding of jieba (jieba's own
analyser for Whoosh cuts the same, and would take twelve times as long to build). Whoosh uses its highlighter and its facets.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import rjieba
from whoosh.analysis import LowercaseFilter, Token, Tokenizer

from bench.corpus import Question, Text
from caselib.config import shipped
from caselib.content import Taxonomy

FACETS = ("industry", "region", "year", "problems", "effects")
HITS = 10
_WORD = re.compile(r"\w+")


class Peer(Protocol):
    """A search engine under measurement."""

    name: str

    def build(self, documents: Sequence[Text], folder: Path) -> None:
        """Index the documents under ``folder``."""

    def answer(self, question: Question) -> tuple[int, list[str]]:
        """The whole answer; its total and the slugs of its hits are given back."""


@cache
def _taxonomy() -> Taxonomy:
    return Taxonomy.load(shipped("content") / "taxonomy")


def _values(text: Text, facet: str) -> list[str]:
    """The values that count for a text, with those above them, as a visitor sees them."""
    value = text.meta[facet]
    values = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    path = {"industry": _taxonomy().industry_path, "region": _taxonomy().region_path}.get(facet)
    return list(dict.fromkeys(term.key for each in values for term in path(each))) if path else values


def _cut(text: str) -> list[str]:
    return [word for word in rjieba.cut_for_search(text) if _WORD.match(word)]


class _Words(Tokenizer):  # type: ignore[misc]  # whoosh has no types
    def __call__(self, value: str, **_: object) -> Iterator[Any]:
        token = Token()
        for place, (word, start, end) in enumerate(rjieba.tokenize(value, "search")):
            if _WORD.match(word):
                token.original = token.text = word
                token.pos, token.startchar, token.endchar = place, start, end
                yield token


class StockWhoosh:
    """Whoosh 2.7.4 with the fastest settings that its manual knows.

    Its default highlighter cuts whole texts into words again, and a facet of stored fields reads every match from the
    disk: both cost ten times as much.
    """

    name = "stock Whoosh 2.7.4"

    def build(self, documents: Sequence[Text], folder: Path) -> None:
        from whoosh import fields, index

        analyser = _Words() | LowercaseFilter()
        schema = fields.Schema(
            slug=fields.ID(stored=True),
            title=fields.TEXT(stored=True, analyzer=analyser),
            body=fields.TEXT(stored=True, analyzer=analyser, chars=True),
            **{facet: fields.KEYWORD(stored=True) for facet in FACETS},
        )
        writer = index.create_in(str(folder), schema).writer(limitmb=512)
        for text in documents:
            facets = {facet: " ".join(_values(text, facet)) for facet in FACETS}
            writer.add_document(slug=text.slug, title=str(text.meta["title"]), body=text.body, **facets)
        writer.commit()
        self._open(folder)

    def _open(self, folder: Path) -> None:
        from whoosh import index
        from whoosh.qparser import MultifieldParser, OrGroup

        opened = index.open_dir(str(folder))
        self._searcher = opened.searcher()
        self._parser = MultifieldParser(["title", "body"], opened.schema, group=OrGroup)

    def answer(self, question: Question) -> tuple[int, list[str]]:
        from whoosh.highlight import PinpointFragmenter
        from whoosh.query import Term
        from whoosh.sorting import Count, Facets, FieldFacet

        facets = Facets()
        for facet in FACETS:
            facets.add_facet(facet, FieldFacet(facet, allow_overlap=True, maptype=Count))
        asked = [
            question.words,
            f'"{question.phrase}"' * bool(question.phrase),
            f"title:{question.title}" * bool(question.title),
        ]
        query = self._parser.parse(" ".join([*asked, f"{question.beginning}*" * bool(question.beginning)]))
        only = Term("year", question.year) if question.year else None
        results = self._searcher.search(query, limit=HITS, groupedby=facets, terms=True, filter=only)
        results.fragmenter = PinpointFragmenter()
        for facet in FACETS:
            results.groups(facet)
        hits = [results[place] for place in range(min(HITS, results.scored_length()))]
        for hit in hits:
            hit.highlights("body")
        return len(results), [hit["slug"] for hit in hits]


class Fts5:
    """SQLite FTS5 with its own snippets; facets by joins on the matching rows."""

    name = "SQLite FTS5"

    def build(self, documents: Sequence[Text], folder: Path) -> None:
        self._db = sqlite3.connect(folder / "fts.sqlite")
        self._db.execute("CREATE VIRTUAL TABLE doc USING fts5(slug UNINDEXED, title, body)")
        self._db.execute("CREATE TABLE facet (doc INTEGER, name TEXT, value TEXT)")
        for number, text in enumerate(documents, 1):
            row = (number, text.slug, " ".join(_cut(str(text.meta["title"]))), " ".join(_cut(text.body)))
            self._db.execute("INSERT INTO doc (rowid, slug, title, body) VALUES (?, ?, ?, ?)", row)
            rows = [(number, facet, value) for facet in FACETS for value in _values(text, facet)]
            self._db.executemany("INSERT INTO facet VALUES (?, ?, ?)", rows)
        self._db.execute("CREATE INDEX facet_doc ON facet (doc, name, value)")
        self._db.execute("CREATE INDEX facet_value ON facet (name, value, doc)")
        self._db.execute("INSERT INTO doc (doc) VALUES ('optimize')")
        self._db.commit()

    def answer(self, question: Question) -> tuple[int, list[str]]:
        asked = [f'"{word}"' for word in dict.fromkeys(_cut(question.words))]
        asked += [f'"{" ".join(_cut(question.phrase))}"'] if question.phrase else []
        asked += [f'title : "{" ".join(_cut(question.title))}"'] if question.title else []
        asked += [f'"{question.beginning}" *'] if question.beginning else []
        match, only = " OR ".join(asked), ""
        if question.year:
            only = f"AND +rowid IN (SELECT doc FROM facet WHERE name = 'year' AND value = '{int(question.year)}')"
        hits = self._db.execute(
            "SELECT slug, snippet(doc, 2, '<mark>', '</mark>', '…', 40) FROM doc"
            f" WHERE doc MATCH ? {only} ORDER BY rank LIMIT ?",
            (match, HITS),
        ).fetchall()
        found = f"CREATE TEMP TABLE found AS SELECT rowid AS doc FROM doc WHERE doc MATCH ? {only}"
        self._db.execute(found, (match,))
        total: int = self._db.execute("SELECT count(*) FROM found").fetchone()[0]
        self._db.execute("SELECT name, value, count(*) FROM found JOIN facet USING (doc) GROUP BY 1, 2").fetchall()
        self._db.execute("DROP TABLE found")
        return total, [slug for slug, _ in hits]


class Tantivy:
    """Tantivy through its Python binding, with its own snippets; facets as its terms aggregation."""

    name = "Tantivy"

    def build(self, documents: Sequence[Text], folder: Path) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_text_field("slug", stored=True, tokenizer_name="raw")
        for name in ("title", "body"):
            builder.add_text_field(name, stored=True, tokenizer_name="whitespace")
        for facet in FACETS:
            builder.add_text_field(facet, tokenizer_name="raw", fast=True)
        schema: Any = builder.build()
        self._index = tantivy.Index(schema, str(folder))
        writer = self._index.writer(256 << 20, 1)
        for text in documents:
            document = tantivy.Document(slug=text.slug)
            document.add_text("title", " ".join(_cut(str(text.meta["title"]))))
            document.add_text("body", " ".join(_cut(text.body)))
            for facet in FACETS:
                for value in _values(text, facet):
                    document.add_text(facet, value)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()
        self._schema = schema

    def _query(self, question: Question) -> Any:
        from tantivy import Occur, Query

        asked = [f'"{word}"' for word in dict.fromkeys(_cut(question.words))]
        asked += [f'"{" ".join(_cut(question.phrase))}"'] if question.phrase else []
        asked += [f'title:"{" ".join(_cut(question.title))}"'] if question.title else []
        query = self._index.parse_query(" ".join(asked), ["title", "body"])
        if question.beginning:
            begun = Query.regex_query(self._schema, "body", f"{question.beginning}.*")
            query = Query.boolean_query([(Occur.Should, query), (Occur.Should, begun)])
        if question.year:
            only = Query.term_query(self._schema, "year", question.year)
            query = Query.boolean_query([(Occur.Must, query), (Occur.Must, only)])
        return query

    def answer(self, question: Question) -> tuple[int, list[str]]:
        import tantivy

        query = self._query(question)
        found: Any = self._searcher.search(query, HITS, count=True)  # its stub leaves out the count
        counts = {facet: {"terms": {"field": facet, "size": 500}} for facet in FACETS}
        Counter(self._searcher.aggregate(query, counts))
        snippets = tantivy.SnippetGenerator.create(self._searcher, query, self._schema, "body")
        hits = []
        for _, address in found.hits:
            document = self._searcher.doc(address)
            snippets.snippet_from_doc(document).to_html()
            hits.append(document["slug"][0])
        return int(found.count or 0), hits
