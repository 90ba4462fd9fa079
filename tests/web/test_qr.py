from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import segno
from flask.testing import FlaskClient

from caselib.app import create_app
from caselib.config import Settings
from tests.web import small_library

SVG = "{http://www.w3.org/2000/svg}"


def modules(svg: bytes) -> str:
    """The dark squares, as one path."""
    return [path.get("d", "") for path in ET.fromstring(svg).iter(f"{SVG}path")][-1]


def code_of(address: str) -> str:
    written = BytesIO()
    segno.make(address, error="m", micro=False).save(written, kind="svg", border=4, omitsize=True)
    return modules(written.getvalue())


def test_the_code_holds_the_whole_address_of_the_page(reader: FlaskClient) -> None:
    answer = reader.get("/qr.svg?path=/cases/packaging")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert modules(answer.data) == code_of("http://localhost/cases/packaging")
    assert answer.headers["Cache-Control"] == "public, max-age=86400"


def test_the_picture_has_a_title_a_white_ground_and_nothing_active(reader: FlaskClient) -> None:
    root = ET.fromstring(reader.get("/qr.svg?path=/").data)
    assert [each.tag.removeprefix(SVG) for each in root.iter()] == ["svg", "title", "path", "path"]
    assert root.findtext(f"{SVG}title") == "本页地址的二维码"
    assert [each.get("fill") for each in root.iter(f"{SVG}path")] == ["#fff", None]


@pytest.mark.parametrize(
    "path", ["/", "/cases/", "/insights", "/about", "/batches/3", "/guides/packaging-2022", "/about/about"]
)
def test_every_page_worth_carrying_has_a_code(reader: FlaskClient, path: str) -> None:
    assert reader.get("/qr.svg", query_string={"path": path}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "", "/cases/none", "/nowhere", "//evil.example", "https://evil.example", "/\\evil.example", "/cases/packaging?x=1",
        "/cases/packaging#x", "/login", "/desk/", "/api/v1/search", "/qr.svg", "/cases", "/cases/pack\naging", "/batches/99",
    ],
)  # fmt: skip
def test_nothing_else_gets_this_sites_name(reader: FlaskClient, path: str) -> None:
    assert reader.get("/qr.svg", query_string={"path": path}).status_code == 404


def test_a_path_in_chinese_is_written_as_browsers_send_it(tmp_path: Path) -> None:
    settings = Settings(content=small_library.write(tmp_path / "content"), data=tmp_path / "var", demo=True)
    (settings.content / "cases" / "包装.md").write_text(small_library.FILES["cases/tea.md"], "utf-8")
    client = create_app(settings).test_client()
    wanted = code_of("http://localhost/cases/%E5%8C%85%E8%A3%85")
    for path in ("/cases/包装", "/cases/%E5%8C%85%E8%A3%85"):
        assert modules(client.get("/qr.svg", query_string={"path": path}).data) == wanted


def test_a_case_page_shows_its_code_where_it_can_be_printed(reader: FlaskClient) -> None:
    html = reader.get("/cases/packaging").get_data(as_text=True)
    assert '<img src="/qr.svg?path=%2Fcases%2Fpackaging" alt="本页地址的二维码"' in html
