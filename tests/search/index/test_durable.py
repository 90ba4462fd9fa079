"""The durable copy is a plain Whoosh index: what Whoosh's own writer would have made, with every record inside."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from whoosh import fields, index, scoring
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.query import Or, Term

from caselib.search.index import durable
from caselib.search.index.postings import streams
from caselib.search.index.records import Passage, Record
from caselib.search.index.vocabulary import Lists, words_of
from caselib.search.text.tokens import HAN_RUN, fold, latin_tokens
from tests.search.shelves import cutter, jieba, record

TEXTS = [
    record("a", "产品合格率由98.2%提升，合格率更高", "首件检验", title="合格率"),
    record("b", "首件检验每班都做，合格率也提升", facets=[("year", "2022")]),
    record("c", "推行6S管理", title="推行现场管理"),
    *(record(f"d{number:03d}", "管理" * (number % 7 + 1)) for number in range(300)),
    record("e", "仓库，仓库"),
    record("f", "卡拉OK和12管理\n\n卡拉OK，认认真真学习《中华人民共和国》𠀀𠀀"),
]


def lists(records: list[Record]) -> dict[str, Lists]:
    folded = [fold(passage.text).text for record in records for passage in record.passages]
    return words_of(records, folded, streams(folded).letters, cutter())


def words(passages: Sequence[Passage]) -> list[str]:
    """What jieba's own search mode makes of them, and their Latin and number tokens."""
    text = "\n".join(fold(passage.text).text for passage in passages)
    searched = jieba().cut_for_search(text, False)
    han = (word for word in searched if len(word) > 1 and HAN_RUN.fullmatch(word))
    return [*han, *(token.text for token in latin_tokens(text))]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ours") / "whoosh"
    durable.write(folder, TEXTS, lists(TEXTS))
    return folder


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> index.Index:
    """The same words of the texts and of the titles, written by Whoosh itself."""
    field = fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False)
    opened = index.create_in(str(tmp_path_factory.mktemp("theirs")), fields.Schema(text=field, title=field))
    writer = opened.writer()
    for each in TEXTS:
        writer.add_document(text=" ".join(words(each.passages)), title=" ".join(words(each.passages[:1])))
    writer.commit()
    return opened


def test_every_record_comes_back_as_it_was(ours: Path) -> None:
    assert list(durable.read(ours)) == TEXTS


def test_words_and_frequencies_are_those_of_whooshs_own_writer(ours: Path, theirs: index.Index) -> None:
    def postings(opened: index.Index) -> dict[bytes, list[tuple[int, float, bytes, int, float]]]:
        with opened.reader() as reader:
            return {
                term: [
                    (m.id(), m.weight(), m.value(), m.block_max_id(), m.block_max_weight())
                    for m in _each(reader.postings("text", term))
                ]
                for term in reader.lexicon("text")
            }

    assert postings(index.open_dir(str(ours), durable.NAME)) == postings(theirs)


def test_what_is_known_of_a_word_is_what_whooshs_own_writer_knows(ours: Path, theirs: index.Index) -> None:
    def told(opened: index.Index) -> dict[bytes, tuple[float, int, float, int, int]]:
        with opened.reader() as reader:
            infos = {term: reader.term_info("text", term) for term in reader.lexicon("text")}
            return {
                term: (info.weight(), info.doc_frequency(), info.max_weight(), info.min_id(), info.max_id())
                for term, info in infos.items()
            }

    assert told(index.open_dir(str(ours), durable.NAME)) == told(theirs)


def _each(matcher):  # type: ignore[no-untyped-def]
    while matcher.is_active():
        yield matcher
        matcher.next()


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("text", ["合格率"]),
        ("text", ["管理"]),
        ("text", ["首件检验", "合格率"]),
        ("text", ["6s", "管理"]),
        ("title", ["合格率", "管理"]),
    ],
)
def test_whoosh_ranks_it_as_it_ranks_its_own(ours: Path, theirs: index.Index, field: str, words: list[str]) -> None:
    def ranked(opened: index.Index) -> list[tuple[int, float]]:
        with opened.searcher(weighting=scoring.BM25F()) as searcher:
            found = searcher.search(Or([Term(field, word) for word in words]), limit=None, optimize=False)
            return [(hit.docnum, round(hit.score, 6)) for hit in found]

    assert ranked(index.open_dir(str(ours), durable.NAME)) == ranked(theirs)


def test_titles_keys_and_facets_can_be_asked_for(ours: Path) -> None:
    with index.open_dir(str(ours), durable.NAME).searcher() as searcher:
        found = {
            field: [hit.docnum for hit in searcher.search(Term(field, term), limit=None)]
            for field, term in (("title", "合格率"), ("key", "case/c"), ("facet", "year=2022"))
        }
    assert found == {"title": [0], "key": [2], "facet": [1]}


def test_it_is_known_in_how_many_documents_each_word_is() -> None:
    docs_with = lists(TEXTS[:3])["text"].docs_with()
    assert {word: docs_with[word] for word in ("合格率", "首件检验", "6s", "98.2%")} == {
        "合格率": 2, "首件检验": 2, "6s": 1, "98.2%": 1,
    }  # fmt: skip


def test_where_no_byte_code_was_installed_nobody_reads_what_python_thinks_of_whooshs_source(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "always", "-c", "import caselib.search.index.durable"]
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(tmp_path)}
    assert subprocess.run(command, env=environment, capture_output=True, check=True).stderr == b""
