import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import AuthResult

from caselib.config import Settings, SiteIdentity
from caselib.errors import CaselibError, Unavailable
from caselib.mail import Letter, Mailer

HIDDEN = (
    "smtp://u:ge/heim@h:25",
    "smtp://u:12/geheim@h",
    "smtp://u:12?geheim@h",
    "smtp://u:12#geheim@h",
    "smtp://u:[geheim@h",
    "smtp://u:geheim",
)
LETTER = Letter("li@example.cn", "案例库：请设置您的密码", "李四：\n\n您好！\n")


class Inbox(Message):
    """Keeps what a server took."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.letters.append(message_from_bytes(bytes(message), policy=policy.default))


StartServer = Callable[..., Controller]


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """A real SMTP server on loopback, on a port of its own."""
    running: list[Controller] = []

    def start(handler: object, **options: Any) -> Controller:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return controller

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate that this process trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def accept(user: str, password: str) -> Callable[..., AuthResult]:
    def check(_server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> AuthResult:
        right = (data.login.decode(), data.password.decode()) == (user, password)
        return AuthResult(success=right, handled=right)

    return check


def mailer(url: str) -> Mailer:
    return Mailer(url, sender="noreply@example.cn", sender_name="案例库")


SENT = ("案例库 <noreply@example.cn>", LETTER.to, LETTER.subject, "auto-generated", LETTER.text)
"""What of the letter arrives; whoever is away answers no letter that a machine wrote (RFC 3834)."""


def told(letter: EmailMessage) -> tuple[str, ...]:
    heads = (letter[name] for name in ("From", "To", "Subject", "Auto-Submitted"))
    return *heads, letter.get_content().replace("\r\n", "\n")


def test_a_letter_reaches_the_server_as_written(start_server: StartServer) -> None:
    inbox = Inbox()
    server = start_server(inbox)
    mailer(f"smtp://127.0.0.1:{server.port}").send(LETTER)
    assert [told(letter) for letter in inbox.letters] == [SENT]
    assert inbox.letters[0]["Message-ID"].partition("@")[2] == "caselib.invalid>"  # and not the name of this machine


def test_the_password_in_the_url_is_used_with_its_escapes(start_server: StartServer) -> None:
    inbox = Inbox()
    options = {"authenticator": accept("user@x", "p:a/ss"), "auth_require_tls": False}
    server = start_server(inbox, **options)
    mailer(f"smtp://user%40x:p%3Aa%2Fss@127.0.0.1:{server.port}").send(LETTER)
    assert len(inbox.letters) == 1


def test_a_wrong_password_is_told_without_the_password(start_server: StartServer) -> None:
    options = {"authenticator": accept("user", "right"), "auth_require_tls": False}
    server = start_server(Inbox(), **options)
    with pytest.raises(Unavailable) as caught:
        mailer(f"smtp://user:wrong-secret@127.0.0.1:{server.port}").send(LETTER)
    expected = f"邮件没有发出：smtp://127.0.0.1:{server.port} 没有接收（SMTPAuthenticationError）。"
    assert caught.value.message == expected


def test_encryption_is_used_when_the_server_offers_it(start_server: StartServer, certificate: ssl.SSLContext) -> None:
    inbox = Inbox()
    options = {"authenticator": accept("u", "p"), "tls_context": certificate, "require_starttls": True}
    server = start_server(inbox, **options)
    mailer(f"smtp://u:p@127.0.0.1:{server.port}").send(LETTER)
    assert len(inbox.letters) == 1


def test_a_server_may_speak_tls_from_the_start(start_server: StartServer, certificate: ssl.SSLContext) -> None:
    inbox = Inbox()
    server = start_server(inbox, ssl_context=certificate)
    mailer(f"smtps://127.0.0.1:{server.port}").send(LETTER)
    assert len(inbox.letters) == 1


@pytest.mark.parametrize(("scheme", "option"), [("smtp", "tls_context"), ("smtps", "ssl_context")])
def test_an_untrusted_certificate_is_refused(
    start_server: StartServer, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, scheme: str, option: str
) -> None:
    inbox = Inbox()
    server = start_server(inbox, **{option: certificate})
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unavailable, match="SSLCertVerificationError"):
        mailer(f"{scheme}://127.0.0.1:{server.port}").send(LETTER)
    assert inbox.letters == []


def test_a_password_is_never_sent_in_the_clear_to_another_machine(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server(Inbox())
    monkeypatch.setattr("caselib.mail._LOOPBACK", set())  # this machine stands in for another one
    with pytest.raises(Unavailable, match="不支持加密，不能把密码明文发给它"):
        mailer(f"smtp://user:p@127.0.0.1:{server.port}").send(LETTER)


def test_nobody_listening_is_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        for act in (
            lambda: mailer(f"smtp://127.0.0.1:{port}").send(LETTER),
            mailer(f"smtp://127.0.0.1:{port}").probe,
        ):
            with pytest.raises(Unavailable, match=f"smtp://127.0.0.1:{port}.*ConnectionRefusedError"):
                act()


@pytest.fixture(params=["smtp", "smtps"])
def dripping(request: pytest.FixtureRequest, certificate: ssl.SSLContext) -> Iterator[tuple[str, list[bool]]]:
    """The address of a server that never ends its greeting, a byte at a time, and for each visitor whether it was heard out."""
    heard_out: list[bool] = []
    over = Event()

    def drip() -> None:
        while not over.is_set():
            visitor, _ = listening.accept()
            with visitor, suppress(OSError):
                if request.param == "smtps":
                    visitor = certificate.wrap_socket(visitor, server_side=True)
                heard_out.append(False)
                for _ in range(60):
                    visitor.sendall(b"2")
                    over.wait(0.05)
                heard_out[-1] = True

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip)
        thread.start()
        yield f"{request.param}://127.0.0.1:{listening.getsockname()[1]}", heard_out
        over.set()
        socket.create_connection(listening.getsockname()).close()
        thread.join()


def test_a_server_that_drips_is_given_up(dripping: tuple[str, list[bool]], monkeypatch: pytest.MonkeyPatch) -> None:
    address, heard_out = dripping
    monkeypatch.setattr("caselib.mail.DEADLINE", 0.2)
    for act in (
        lambda: mailer(address).send(LETTER),
        mailer(address).probe,
    ):
        with pytest.raises(Unavailable, match=f"{address}.*SMTPServerDisconnected"):
            act()
    assert heard_out == [False, False]


def test_a_refused_recipient_is_told(start_server: StartServer) -> None:
    class Full(Inbox):
        async def handle_RCPT(self, *_: object) -> str:  # noqa: N802  the server calls it so
            return "552 mailbox full"

    server = start_server(Full())
    with pytest.raises(Unavailable, match="SMTPRecipientsRefused"):
        mailer(f"smtp://127.0.0.1:{server.port}").send(LETTER)


def test_probing_sends_nothing(start_server: StartServer) -> None:
    inbox = Inbox()
    server = start_server(inbox)
    mailer(f"smtp://127.0.0.1:{server.port}").probe()
    assert inbox.letters == []


def test_probing_finds_a_wrong_password(start_server: StartServer) -> None:
    server = start_server(Inbox(), authenticator=accept("user", "right"), auth_require_tls=False)
    with pytest.raises(Unavailable, match="SMTPAuthenticationError"):
        mailer(f"smtp://user:wrong@127.0.0.1:{server.port}").probe()


def test_without_a_server_letters_go_into_a_folder_only_we_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "发件箱"
    for _ in range(3):
        mailer(f"file:{folder}").send(LETTER)
    files = sorted(folder.iterdir())
    letters = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    assert [told(letter) for letter in letters] == [SENT] * 3
    assert {file.suffix for file in files} == {".eml"}
    assert [oct(path.stat().st_mode)[-3:] for path in (folder, files[0])] == ["700", "600"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="邮件没有发出"):
        mailer(f"file:{tmp_path / 'file' / 'outbox'}").send(LETTER)


@pytest.mark.parametrize("subject", ["两行\n标题", "两行\r\nBcc: x@example.cn"])
def test_a_subject_cannot_add_headers(tmp_path: Path, subject: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        mailer(f"file:{tmp_path}").send(replace(LETTER, subject=subject))


@pytest.mark.parametrize("url", ["", "http://example.cn", "mail.example.cn:25"])
def test_a_bad_address_of_the_server_is_told_without_repeating_it(url: str) -> None:
    with pytest.raises(CaselibError) as caught:
        mailer(url)
    assert caught.value.message == "CASELIB_MAIL_URL 的写法不对。"


@pytest.mark.parametrize(
    ("mail_url", "email", "base_url", "sender"),
    [
        ("", "", "", "站 <noreply@localhost>"),
        ("", "", "https://al.example.cn/", "站 <noreply@al.example.cn>"),
        ("", "site@example.cn", "https://al.example.cn", "站 <site@example.cn>"),
        ("smtp://h?from=a@b.cn", "site@example.cn", "", "站 <a@b.cn>"),
    ],
)
def test_the_sender_comes_from_the_settings(mail_url: str, email: str, base_url: str, sender: str) -> None:
    settings = Settings(mail_url=mail_url, base_url=base_url, site=SiteIdentity(name="站", email=email))
    headers = EmailMessage()
    headers["From"] = Mailer.open(settings).sender
    assert headers["From"] == sender


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("smtp://u:p@mail.example.cn", "smtp://mail.example.cn:25"),
        ("smtps://u:p@mail.example.cn", "smtps://mail.example.cn:465"),
        ("smtp://u:p@mail.example.cn:587", "smtp://mail.example.cn:587"),
        ("file:/srv/outbox", "/srv/outbox"),
    ],
)
def test_the_destination_is_shown_without_the_password(url: str, destination: str) -> None:
    assert mailer(url).destination == destination


@pytest.mark.parametrize("url", HIDDEN)
def test_an_address_with_a_bare_special_character_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(CaselibError) as caught:
        mailer(url)
    assert (caught.value.message, caught.value.remedy, caught.value.__cause__) == (
        "CASELIB_MAIL_URL 的写法不对。",
        "请写成 smtp://用户名:密码@主机:端口、smtps://… 或 file:文件夹；密码里的 / 写成 %2F，其他特殊字符类推。",
        None,
    )


def test_a_password_with_an_escaped_special_character_is_taken() -> None:
    assert mailer("smtp://u:12%2Fgeheim@h:26/?from=a@example.cn").destination == "smtp://h:26"
