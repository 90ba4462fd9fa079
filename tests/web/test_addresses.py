import pytest
from flask import Flask
from werkzeug.exceptions import BadRequest

from caselib.web import addresses


def asked(library: Flask, host: str, path: str = "/cases/tea", scheme: str = "http") -> str:
    with library.test_request_context(base_url=f"{scheme}://localhost", headers={"Host": host}):
        return addresses.absolute(path)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("example.gov.cn", "http://example.gov.cn/cases/tea"),
        ("EXAMPLE.gov.cn:8080", "http://example.gov.cn:8080/cases/tea"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000/cases/tea"),
        ("[::1]:5000", "http://[::1]:5000/cases/tea"),
        ("xn--fiq228c.xn--fiqs8s", "http://xn--fiq228c.xn--fiqs8s/cases/tea"),
    ],
)
def test_the_request_says_where_the_site_is(library: Flask, host: str, address: str) -> None:
    assert asked(library, host) == address


def test_the_scheme_is_that_of_the_request(library: Flask) -> None:
    assert asked(library, "example.gov.cn", "/", "https") == "https://example.gov.cn/"


@pytest.mark.parametrize(
    "host", ["", "a/b", "a@b", "a b", "a?b", "-a", "a.", "a:port", "a:123456", "<b>", "[::1", "甲"]
)
def test_what_cannot_be_a_host_is_refused(library: Flask, host: str) -> None:
    with pytest.raises(BadRequest):
        asked(library, host)


@pytest.mark.parametrize(("host", "authority"), [("example.gov.cn:8080", "example.gov.cn"), ("[::1]:5000", "[::1]")])
def test_identifiers_carry_the_host_without_its_port(library: Flask, host: str, authority: str) -> None:
    with library.test_request_context(headers={"Host": host}):
        assert addresses.authority() == authority


def test_what_is_kept_for_others_stays_a_bare_path_without_a_setting(library: Flask) -> None:
    with library.test_request_context(headers={"Host": "evil.example"}):
        assert addresses.configured("/cases/tea") == "/cases/tea"
