from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from caselib.app import create_app
from caselib.config import Settings
from caselib.content import ContentStore
from caselib.db import Database
from caselib.search import SearchRoom


def test_a_live_process_says_so_without_anything_else(tmp_path: Path) -> None:
    bare = create_app(Settings(content=tmp_path / "none", data=tmp_path / "none", demo=True))
    answer = bare.test_client().get("/healthz")
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "ok\n")


def test_a_ready_site_tells_its_state(client: FlaskClient, app: Flask, index: SearchRoom, database: Database) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (
        200,
        {
            "ready": True,
            "content": {"problems": 0},
            "index": {"ready": True, "generation": index.generation},
            "database": {"revision": database.head, "current": True},
            "disk": {"room": True},
        },
    )


@pytest.mark.parametrize("bad", [0, 1, 3])
def test_bad_files_are_counted_and_do_not_make_the_site_unready(
    client: FlaskClient, settings: Settings, index: SearchRoom, bad: int
) -> None:
    client.get("/readyz")  # counts once, so that a change must be noticed
    for number in range(bad):
        (settings.content / "cases" / f"bad{number}.md").write_text("---\ntitle: [\n---\n", "utf-8")
    index.sync(ContentStore(settings.content))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["content"] == {"problems": bad}


def test_a_bad_taxonomy_file_is_counted(client: FlaskClient, settings: Settings) -> None:
    (settings.content / "taxonomy").mkdir()
    (settings.content / "taxonomy" / "effects.yml").write_text("entries: [", "utf-8")
    answer = client.get("/readyz")
    assert answer.json is not None
    assert (answer.status_code, answer.json["content"]) == (200, {"problems": 1})


def test_without_an_index_the_site_is_not_ready(settings: Settings, database: Database) -> None:
    answer = create_app(settings).test_client().get("/readyz")
    assert answer.json is not None
    assert (answer.status_code, answer.json["ready"], answer.json["index"]) == (
        503,
        False,
        {"ready": False, "generation": ""},
    )


@pytest.mark.usefixtures("index", "database")
def test_without_room_on_the_disk_the_site_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caselib.web.health.SPACE_NEEDED", 2**63)  # more than any disk has
    answer = client.get("/readyz")
    assert answer.json is not None
    assert (answer.status_code, answer.json["ready"], answer.json["disk"]) == (503, False, {"room": False})


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_without_a_database_the_site_is_not_ready_and_none_is_made(settings: Settings, index: SearchRoom) -> None:
    answer = create_app(settings).test_client().get("/readyz")
    assert answer.json is not None
    assert (answer.status_code, answer.json["database"]) == (503, {"revision": "", "current": False})
    assert not (settings.data / "caselib.sqlite").exists()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_database_that_is_behind_makes_the_site_unready(client: FlaskClient, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    answer = client.get("/readyz")
    assert answer.json is not None
    assert (answer.status_code, answer.json["database"]) == (503, {"revision": "0000", "current": False})


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_database_that_cannot_be_read_is_told_without_a_traceback(client: FlaskClient, settings: Settings) -> None:
    (settings.data / "caselib.sqlite").write_bytes(b"no database" * 1000)
    for beside in settings.data.glob("caselib.sqlite-*"):
        beside.unlink()
    answer = client.get("/readyz")
    assert answer.json is not None
    assert (answer.status_code, answer.json["database"]) == (503, {"revision": None, "current": False})


def test_the_answers_are_kept_nowhere(client: FlaskClient) -> None:
    assert [client.get(address).headers["Cache-Control"] for address in ("/healthz", "/readyz")] == [
        "private, no-store",
        "private, no-store",
    ]
