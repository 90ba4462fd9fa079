import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("raw", [b"q=\xb2\xfa\xc6\xb7", b"\x80", b"q=\xff&page=1", b"q=%B2%FA"])
def test_an_address_that_is_not_utf_8_is_searched_for_what_can_be_read(reader: FlaskClient, raw: bytes) -> None:
    answer = reader.get("/search", environ_overrides={"QUERY_STRING": raw.decode("latin-1")})
    assert answer.status_code == 200


def test_an_address_in_plain_utf_8_is_understood_without_percent_signs(reader: FlaskClient) -> None:
    environ = {"QUERY_STRING": "q=返工&kind=case".encode().decode("latin-1")}
    answer = reader.get("/api/v1/search", environ_overrides=environ).get_json()
    assert (answer["query"], answer["total"]) == ("返工", 1)
