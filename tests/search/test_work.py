"""How much is read to answer: postings and characters counted, not seconds, so that work cannot slide back unseen."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.search.answering import Answerer
from caselib.search.model import SearchQuery
from caselib.search.postings import Postings
from tests.search.shelves import cutter, index_of, record

COMMON, RARE = "质量管理体系认证企业生产", "焊接首件检验返工浪费节拍换型防错"
read = {"postings": 0, "bytes": 0}


class Counted(np.ndarray):
    """An array that counts the elements taken out of it, and those of its slices that a NumPy function goes through."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return super().__getitem__(key)
        taken = np.asarray(super().__getitem__(key))
        read["postings"] += taken.size
        return taken

    def searchsorted(self, v: Any, *args: Any, **kwargs: Any) -> Any:
        read["postings"] += np.size(v)
        return np.asarray(self).searchsorted(v, *args, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        def plain(value: Any) -> Any:
            if isinstance(value, Counted):
                read["postings"] += value.size
                return np.asarray(value)
            return type(value)(map(plain, value)) if isinstance(value, (list, tuple)) else value

        return func(*map(plain, args), **kwargs)


class CountedText:
    def __init__(self, data: memoryview) -> None:
        self.data = data

    def __getitem__(self, key: slice) -> memoryview:
        read["bytes"] += key.stop - key.start
        return self.data[key]


def texts(rng: random.Random) -> Iterator[str]:
    for _ in range(8):
        words = rng.choices(COMMON, k=60) + rng.choices(RARE, k=rng.choice((0, 0, 1, 6)))
        rng.shuffle(words)
        yield "".join(words)


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    rng = random.Random(7)
    records = [record(f"d{number:04d}", *texts(rng), title="题目") for number in range(400)]
    records[17] = record("d0017", *texts(rng), "焊接首件检验返工", title="焊接首件")
    index = index_of(tmp_path_factory.mktemp("index"), records)
    for segment in index.segments:
        lists = segment.postings
        counted = {name: getattr(lists, name).view(Counted) for name in ("doc", "peak", "passage", "impact")}
        segment.postings = Postings(**(lists._asdict() | counted))
        segment._text = CountedText(segment._text)  # type: ignore[assignment]
    return Answerer(index, Taxonomy.load(shipped("content") / "taxonomy"), [], cutter())


def cost(answerer: Answerer, typed: str) -> tuple[int, int]:
    read.update(postings=0, bytes=0)
    answerer.search(SearchQuery(typed))
    return read["postings"], read["bytes"]


def held(answerer: Answerer, typed: str) -> int:
    """How many passages hold a term of the question, each term counted: what a scorer that looks at everything reads."""
    (segment,) = answerer.index.segments
    places = segment.find(list(answerer._read(typed).weights))
    return int(segment.counts(places).sum())


@pytest.mark.parametrize(
    ("typed", "percent"), [("质量管理体系认证 首件检验", 42), ("质量", 66), ("焊接首件检验返工", 78)]
)
def test_postings_read_stay_below_a_share_of_those_there_are(answerer: Answerer, typed: str, percent: int) -> None:
    everything = held(answerer, typed)
    assert everything > 2000
    assert cost(answerer, typed)[0] * 100 < everything * percent


def test_texts_are_read_for_the_hits_only(answerer: Answerer) -> None:
    (segment,) = answerer.index.segments
    longest = int(np.diff(segment.passages["text_at"]).max())
    assert 0 < cost(answerer, "质量")[1] <= 10 * longest


def test_a_word_that_nobody_has_reads_next_to_nothing(answerer: Answerer) -> None:
    assert cost(answerer, "霹雳")[0] == 0
