"""The words of the library: those that its taxonomy knows, and which documents hold which words, how often.

Nothing here knows files, or what the words are looked up for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caselib.content import Taxonomy
from caselib.search.index.postings import Numbers, ranges
from caselib.search.index.records import Record
from caselib.search.text.dictionary import Cutter
from caselib.search.text.tokens import CHARACTER_BITS, HAN_RUN, LATIN_KEY, codes_of, term_key

_AT_ONCE = 100
"""Documents cut at a time: they bound the memory it takes."""
_DOC_BITS = 26
_CHARACTER = (1 << CHARACTER_BITS) - 1


def cutter_for(taxonomy: Taxonomy) -> Cutter:
    """The cutter that knows the words of the taxonomy. What people say of a problem (没人管) is a saying, and no word."""
    vocabularies = (taxonomy.industries, taxonomy.regions, taxonomy.measures, taxonomy.effects)
    terms = [term for vocabulary in vocabularies for term in vocabulary.values()]
    problems = (term.name for term in taxonomy.problems.values())
    words = (word for term in terms for word in (term.name, *term.terms))
    return _cutter_of((*words, *problems, *chain.from_iterable(taxonomy.synonyms)))


_cutter_of = lru_cache(maxsize=2)(Cutter)  # every change of the library asks for it


def fingerprint(taxonomy: Taxonomy) -> str:
    """Changes whenever a name or a place in the taxonomy does: what the index holds of it.

    Other words and synonyms are looked up when a question is asked; that the index was cut without them does not matter,
    since its terms are characters and pairs.
    """
    vocabularies = taxonomy.by_key.values()
    terms = [(term.key, term.name, term.parent) for vocabulary in vocabularies for term in vocabulary.values()]
    return blake2b(repr(terms).encode(), digest_size=16).hexdigest()


class Lists(NamedTuple):
    """Terms in the order of their bytes, and the documents and frequencies of each: ``docs[at[i]:at[i+1]]``."""

    terms: list[bytes]
    at: Numbers
    docs: NDArray[np.uint32]
    counts: NDArray[np.uint32]
    lengths: list[int]

    def docs_with(self) -> dict[str, int]:
        """In how many documents each term is."""
        return dict(zip((term.decode() for term in self.terms), np.diff(self.at).tolist(), strict=True))


class _Vocabulary:
    """Terms as integers: words of two characters as ``tokens.term_key`` packs them, others numbered from ``LATIN_KEY`` on.

    So nine of ten words of a text are told apart and counted without becoming objects of Python's. They are returned packed
    with the number of their document.
    """

    def __init__(self, cutter: Cutter) -> None:
        self._cutter = cutter
        self._numbers: defaultdict[str, int] = defaultdict(lambda: LATIN_KEY + len(self._numbers))
        self._inside = cache(self._longer)

    def plain(self, documents: Iterable[Iterable[str]]) -> Numbers:
        """Terms that are taken as they are, those of one document after those of the other."""
        held = [list(map(self._numbers.__getitem__, terms)) for terms in documents]
        return _packed(np.fromiter(chain.from_iterable(held), np.int64), np.arange(len(held)), list(map(len, held)))

    def words(self, folded: Sequence[str], first: Sequence[int]) -> Iterator[Numbers]:
        """The words of texts, of two characters and more, with those inside them; ``d`` has the texts from ``first[d]`` on.

        Words of two characters need not be Han: ``terms`` tells.
        """
        for low in range(0, len(first) - 1, _AT_ONCE):
            own = np.array(first[low : low + _AT_ONCE + 1])
            texts = folded[own[0] : own[-1]]
            begins = np.cumsum([0, *(len(each) + 1 for each in texts)])[own - own[0]]
            codes = codes_of(text := "\n".join(texts))
            sizes = self._cutter.sizes(codes)
            pairs, longer = np.flatnonzero(sizes == 2), np.flatnonzero(sizes > 2)
            keys = codes[pairs].astype(np.int64) << CHARACTER_BITS | codes[pairs + 1]
            docs = np.arange(low, low + len(own) - 1)
            yield _packed(keys, docs, np.diff(pairs.searchsorted(begins)))
            ends = (longer + sizes[longer]).tolist()
            inside = [self._inside(text[at:end]) for at, end in zip(longer.tolist(), ends, strict=True)]
            docs = docs.repeat(np.diff(longer.searchsorted(begins)))
            yield _packed(np.fromiter(chain.from_iterable(inside), np.int64), docs, list(map(len, inside)))

    def _longer(self, word: str) -> list[int]:
        return [term_key(each) if len(each) == 2 else self._numbers[each] for each in self._cutter.inside(word)]

    def terms(self, numbers: Numbers) -> Iterator[bytes]:
        """The terms of numbers in UTF-8; nothing for two characters that are not Han."""
        others = list(self._numbers)
        for number in numbers.tolist():
            pair = chr(number >> CHARACTER_BITS & _CHARACTER) + chr(number & _CHARACTER)
            term = others[number - LATIN_KEY] if number & LATIN_KEY else pair if HAN_RUN.fullmatch(pair) else ""
            yield term.encode("utf-8", "replace")


def _packed(terms: Numbers, docs: Numbers, sizes: Numbers | list[int]) -> Numbers:
    """The terms with their documents: ``docs[i]`` has ``sizes[i]`` of them."""
    return terms << _DOC_BITS | docs.repeat(sizes)


def _invert(packed: Iterable[Numbers], size: int, vocabulary: _Vocabulary) -> Lists:
    codes = np.concatenate(list(packed))
    codes, counts = np.unique(codes, return_counts=True)
    numbers = codes >> _DOC_BITS
    at = np.flatnonzero(np.diff(numbers, prepend=-1))
    terms = sorted((term, place) for place, term in enumerate(vocabulary.terms(numbers[at])) if term)
    order = np.array([place for _, place in terms], np.int64)
    sizes = np.diff(at, append=len(codes))[order]
    chosen = ranges(at[order], sizes)
    docs, counts = (codes & (1 << _DOC_BITS) - 1)[chosen], counts[chosen]
    lengths = np.bincount(docs, counts, size).astype(np.int64).tolist()
    at = np.append(0, sizes.cumsum())
    return Lists([term for term, _ in terms], at, docs.astype(np.uint32), counts.astype(np.uint32), lengths)


def words_of(
    records: Sequence[Record], folded: Sequence[str], letters: Sequence[Sequence[str]], cutter: Cutter
) -> dict[str, Lists]:
    """The terms of the records: facets, keys, and the words of the texts and of the titles.

    ``folded`` are the passages of all records one after the other, ``letters`` the Latin and number tokens of each.
    """
    first = list(accumulate((len(record.passages) for record in records), initial=0))
    titles = first[:-1]
    known = _Vocabulary(cutter)
    packed = {
        "facet": [known.plain((f"{name}={value}" for name, value in record.facets) for record in records)],
        "key": [known.plain([record.key] for record in records)],
        "text": [known.plain(chain(*letters[low:high]) for low, high in pairwise(first)), *known.words(folded, first)],
        "title": [
            known.plain(letters[title] for title in titles),
            *known.words([folded[title] for title in titles], range(len(first))),
        ],
    }
    return {name: _invert(each, len(records), known) for name, each in packed.items()}
