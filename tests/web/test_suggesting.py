from pathlib import Path

import pytest
from flask.testing import FlaskClient

from caselib.app import create_app
from caselib.web.suggesting import MAX_SUGGESTIONS
from tests.web.sites import open_site


def test_a_title_leads_to_its_page(reader: FlaskClient) -> None:
    assert reader.get("/suggest?q=包装行业").get_json() == [
        {"text": "包装行业实施指南", "url": "/guides/packaging-2022", "kind": "guide"}
    ]


@pytest.mark.parametrize("typed", ["质量管理", "zlgl", "zhiliangguanli"])
def test_a_word_of_the_field_leads_to_the_search_for_it(reader: FlaskClient, typed: str) -> None:
    first = reader.get("/suggest", query_string={"q": typed}).get_json()[0]
    assert first == {"text": "质量管理", "url": "/search?q=%E8%B4%A8%E9%87%8F%E7%AE%A1%E7%90%86", "kind": "term"}


@pytest.mark.parametrize("typed", ["ISO 9001", "iso9001", "ISO  90"])
def test_white_space_is_no_matter(reader: FlaskClient, typed: str) -> None:
    assert "ISO 9001" in [each["text"] for each in reader.get("/suggest", query_string={"q": typed}).get_json()]


def test_there_are_at_most_eight(reader: FlaskClient) -> None:
    assert len(reader.get("/suggest?q=质量").get_json()) <= MAX_SUGGESTIONS == 8


@pytest.mark.parametrize(
    "query", ["", "?q=", "?q=%00", "?q=%FF", "?q=((AND", "?other=1", "?q=" + "质" * 5000, "?q=a&q=b"]
)
def test_typing_never_gives_an_error(reader: FlaskClient, query: str) -> None:
    answer = reader.get(f"/suggest{query}")
    assert (answer.status_code, answer.mimetype, type(answer.get_json())) == (200, "application/json", list)


def test_browsers_may_keep_suggestions_for_a_while(reader: FlaskClient) -> None:
    assert reader.get("/suggest?q=质").headers["Cache-Control"] == "public, max-age=300"


def test_the_api_suggests_the_same(reader: FlaskClient) -> None:
    assert reader.get("/api/v1/suggest?q=zlgl").get_json() == reader.get("/suggest?q=zlgl").get_json()


def test_what_is_not_known_yet_is_asked_again(tmp_path: Path) -> None:
    app = open_site(tmp_path)
    other = app.extensions["caselib"].settings.model_copy(update={"search_url": f"whoosh:{tmp_path / 'none'}"})
    answer = create_app(other).test_client().get("/suggest?q=质")
    assert (answer.status_code, answer.get_json(), answer.headers["Cache-Control"]) == (200, [], "no-cache")
