"""The shipped library asked as its readers would: is the right document on top?

``asked.tsv`` has a question a line, in the words of somebody who has not read the texts, and the documents that answer it.
"""

from pathlib import Path

from caselib.config import shipped
from caselib.content import ContentStore
from caselib.search import SearchQuery, SearchRoom

ASKED = Path(__file__).with_name("asked.tsv")


def test_so_many_questions_have_their_answer_first_among_three_and_among_ten(tmp_path: Path) -> None:
    """After a change of texts or synonyms look at what moved (``caselib search … --explain``) before the figures are changed."""
    store = ContentStore(shipped("content"))
    room = SearchRoom.open(f"whoosh:{tmp_path}", store.taxonomy)
    room.rebuild(store)
    asked = [line.split("\t") for line in ASKED.read_text("utf-8").splitlines()]
    places = []
    for question, answers in asked:
        found = [f"{hit.kind}/{hit.slug}" for hit in room.search(SearchQuery(question)).hits]
        places.append(next((place for place, key in enumerate(found, 1) if key in answers.split(",")), 11))
    assert len(asked) == 126
    assert [sum(place <= most for place in places) for most in (1, 3, 10)] == [117, 122, 125]
