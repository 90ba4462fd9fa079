"""Why a document ranks where it does: its score taken apart, signal by signal and word by word.

For the operator who asks; no answer to a visitor comes through here. What is added up is exactly what ``ranking`` adds.
"""

import numpy as np

from caselib.search.index import scoring
from caselib.search.index.postings import Floats, impact
from caselib.search.index.records import Part
from caselib.search.index.segment import Segment
from caselib.search.model import Explanation
from caselib.search.question import Question
from caselib.search.ranking import ABOUT, SPREAD, Ranked, Ranking, Terms

_PARTS = {
    Part.TITLE: "标题",
    Part.FIRM: "企业和机构",
    Part.SUMMARY: "摘要",
    Part.NAMES: "分类名称和指标",
    Part.BODY: "正文",
}
BETWEEN = "词与词相接处"
"""What the pairs of characters across two words are called."""


def explain(ranking: Ranking, question: Question, best: Ranked) -> Explanation:
    """Take one document's score apart."""
    segment, doc = ranking.index.place(best.doc)
    shown, anchors = segment.shown(doc)
    passage, gains = _gains(segment, doc, ranking.terms)
    words: dict[str, float] = {}
    for term, own in zip(ranking.terms.texts, gains.sum(axis=1).tolist(), strict=True):
        if own:
            name = next((unit.text for unit in question.units if term in unit.text or term in unit.options[0]), None)
            name = name or next((word for word in question.synonyms if term in word), None)
            name = name or next((word for word in question.prefixes if term.startswith(word)), BETWEEN)
            words[name] = words.get(name, 0.0) + own
    in_passage, spread, about = gains.sum(axis=0).tolist()
    return Explanation(
        title=shown.title, url=shown.url, score=best.score, passage=segment.text(passage),
        part=anchors[passage - segment.first[doc]] or _PARTS[Part(int(segment.part[passage]))],
        signals=(in_passage, spread, about), words=dict(sorted(words.items(), key=lambda word: -word[1])),
        missing=[unit.text for unit in question.units if unit.text not in words],
    )  # fmt: skip


def _gains(segment: Segment, doc: int, terms: Terms) -> tuple[int, Floats]:
    """The document's best passage, and what each term adds (rows): in that, by its greatest gain in any, in title and summary."""
    low, high = segment.first[doc : doc + 2].tolist()
    gains = np.array([_impacts(segment, passage, terms) for passage in range(low, high)]) * terms.weights
    best = int(gains.sum(axis=1).argmax())
    about = gains[np.isin(segment.part[low:high], (Part.TITLE, Part.SUMMARY))]
    return low + best, np.array([gains[best], SPREAD * gains.max(axis=0), ABOUT * about.sum(axis=0)]).T


def _impacts(segment: Segment, passage: int, terms: Terms) -> Floats:
    counts = np.zeros(len(terms.texts), np.int64)
    begin, end = segment.begins[passage : passage + 2].tolist()
    length = scoring.tally(segment.stream, begin, end, terms.sought, counts)
    return np.array([impact(count, length) for count in counts.tolist()], np.float64)
