"""The shipped library asked as its readers would: is the right document on top?

Each file has a question a line, in the words of somebody who has not read the texts, and the documents that answer it.
By ``asked.tsv`` weights were chosen, by ``asked_on_phones.tsv`` what becomes of words that no text has; the two whose names
end in ``after`` were written by others and asked afterwards, and shall never choose anything.
"""

from pathlib import Path

import pytest

from caselib.search import SearchQuery, SearchRoom


@pytest.mark.parametrize(
    ("name", "asked", "first", "three", "ten"),
    [
        ("asked", 126, 117, 122, 126),
        ("asked_after", 82, 80, 81, 82),
        ("asked_on_phones", 142, 114, 127, 135),
        ("asked_on_phones_after", 104, 79, 91, 102),
    ],
)
def test_so_many_questions_have_their_answer_first_among_three_and_among_ten(
    shipped_room: SearchRoom, name: str, asked: int, first: int, three: int, ten: int
) -> None:
    """After a change of texts or synonyms look at what moved (``caselib search … --explain``) before the figures are changed."""
    lines = Path(__file__).with_name(f"{name}.tsv").read_text("utf-8").splitlines()
    places = []
    for question, answers in (line.split("\t") for line in lines):
        found = [f"{hit.kind}/{hit.slug}" for hit in shipped_room.search(SearchQuery(question)).hits]
        places.append(next((place for place, key in enumerate(found, 1) if key in answers.split(",")), 11))
    assert len(places) == asked
    assert [sum(place <= most for place in places) for most in (1, 3, 10)] == [first, three, ten]


@pytest.mark.parametrize("number", ["9001", "9001认证", "过9001"])
def test_a_quality_system_is_found_by_its_number_alone_as_by_its_name(shipped_room: SearchRoom, number: str) -> None:
    found = [
        {hit.url for hit in shipped_room.search(SearchQuery(each, per_page=100)).hits}
        for each in (number, number.replace("9001", "ISO 9001"))
    ]
    assert found[0] == found[1] != set()


@pytest.mark.parametrize("written", ["翻工/返工", "定单/订单", "成份/成分", "零件/另件", "台帐/台账", "追朔/追溯"])
def test_what_is_often_miswritten_finds_what_is_meant(shipped_room: SearchRoom, written: str) -> None:
    found = [
        {hit.url for hit in shipped_room.search(SearchQuery(each, per_page=100)).hits} for each in written.split("/")
    ]
    assert found[0] == found[1] != set()
