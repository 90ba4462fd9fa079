"""Why a document ranks where it does: its score taken apart, signal by signal and word by word.

For the operator who asks; no answer to a visitor comes through here. What is added up is exactly what ``ranking`` adds.
"""

import numpy as np

from caselib.search.model import Explanation
from caselib.search.question import Question
from caselib.search.ranking import SPREAD, TITLE, Ranked, Ranking, Terms
from caselib.search.records import Part
from caselib.search.segment import Segment

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
    shown, number = segment.shown(doc), int(best.passages.argmax())
    passage = int(segment.first[doc]) + number
    gains = _gains(segment, doc, passage, ranking.terms[ranking.index.segments.index(segment)])
    words: dict[str, float] = {}
    for term, signals in gains.items():
        name = next((unit.text for unit in question.units if term in unit.text or term in unit.options[0]), None)
        name = name or next((word for word in (*question.synonyms, *question.prefixes) if term in word), BETWEEN)
        words[name] = words.get(name, 0.0) + sum(signals)
    passage_gain, spread, title = (
        (sum(each) for each in zip(*gains.values(), strict=True)) if gains else (0.0, 0.0, 0.0)
    )
    return Explanation(
        title=shown["title"], url=shown["url"], score=best.score, passage=segment.text(passage),
        part=shown["anchors"][number] or _PARTS[Part(int(segment.part[passage]))],
        signals=(passage_gain, spread, title), words=dict(sorted(words.items(), key=lambda word: -word[1])),
        missing=[unit.text for unit in question.units if unit.text not in words],
    )  # fmt: skip


def _gains(segment: Segment, doc: int, best: int, terms: Terms) -> dict[str, tuple[float, float, float]]:
    """What each term of the document adds: in its best passage, by its greatest impact in any, in the title."""
    lists = segment.postings
    names = {place: term for term, place in terms.place.items()}
    found, inside = segment.entries(terms.places, np.array([doc], np.uint32))
    title = int(segment.first[doc])
    gains = {}
    for row in np.flatnonzero(inside[:, 0]).tolist():
        entry, weight = int(found[row, 0]), float(terms.weights[row])
        begin, end = lists.begin[entry : entry + 2].tolist()
        impacts = dict(zip(lists.passage[begin:end].tolist(), lists.impact[begin:end].tolist(), strict=True))
        gains[names[int(terms.places[row])]] = (
            weight * impacts.get(best, 0),
            SPREAD * weight * int(lists.peak[entry]),
            TITLE * weight * impacts.get(title, 0),
        )
    return gains
