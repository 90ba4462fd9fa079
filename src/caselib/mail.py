"""Sending mail: through the SMTP server that the settings name, or into a folder of ``.eml`` files.

It takes finished letters and knows nothing of what they say; it must never log a letter's text (letters hold links).
"""

import io
import os
import secrets
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from caselib.config import Settings
from caselib.errors import CaselibError, Unavailable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TIMEOUT = 20
"""Seconds that a server may be silent."""
DEADLINE = 60
"""Seconds for all that a server says: one that drips a byte at a time is never silent."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class _Replies(io.RawIOBase):
    """What a server says, until the deadline (of ``monotonic``)."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the server took too long over its replies")
        self._sock.settimeout(min(TIMEOUT, left))
        return self._sock.recv_into(buffer)


class _Server(smtplib.SMTP):
    """A server that is given ``DEADLINE`` for all its replies together: smtplib's timeout begins anew with every byte."""

    def __init__(self, *where: Any, **options: Any) -> None:
        self.deadline = monotonic() + DEADLINE
        super().__init__(*where, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = io.BufferedReader(_Replies(self.sock, self.deadline))
        return super().getreply()


class _EncryptedServer(_Server, smtplib.SMTP_SSL):
    """The same with TLS from the start."""


@dataclass(frozen=True)
class Letter:
    """One letter, ready to send."""

    to: str
    subject: str
    text: str


class Mailer:
    """Delivers letters to where ``CASELIB_MAIL_URL`` points.

    ``smtp://user:password@host:port`` (with STARTTLS when the server offers it), ``smtps://…`` (TLS from the start)
    or ``file:folder``. ``?from=name@example.cn`` sets the sender; else it is the site's address.

    Raises:
        CaselibError: the address is written otherwise; it holds a password and is not quoted.
    """

    def __init__(self, url: str, *, sender: str, sender_name: str) -> None:
        self.parts = _parts(url)
        given = parse_qs(self.parts.query).get("from", [""])[0]
        self.sender = formataddr((sender_name, given or sender))

    @classmethod
    def open(cls, settings: Settings) -> "Mailer":
        """The mailer that ``settings`` name; nothing is connected yet."""
        host = urlsplit(settings.base_url).hostname or "localhost"
        sender = settings.site.email or f"noreply@{host}"
        return cls(settings.mail_url, sender=sender, sender_name=settings.site.name)

    @property
    def destination(self) -> str:
        """Where letters go, without the password, for the operator."""
        if self.to_folder:
            return str(_folder(self.parts))
        return f"{self.parts.scheme}://{self.parts.hostname}:{_port(self.parts)}"

    @property
    def to_folder(self) -> bool:
        """Whether letters are only written to a folder."""
        return self.parts.scheme == "file"

    def probe(self) -> None:
        """Connect to the server and sign in, sending nothing.

        Raises:
            Unavailable: that did not work.
        """
        try:
            with self._signed_in():
                pass
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(
                f"连不上 {self.destination}（{type(error).__name__}）。", "请检查 CASELIB_MAIL_URL 和邮件服务器。"
            ) from error

    def send(self, letter: Letter) -> None:
        """Deliver it.

        Raises:
            Unavailable: the server could not be reached or did not take it.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, letter.to, letter.subject
        message["Date"], message["Message-ID"] = formatdate(localtime=True), make_msgid(domain="caselib.invalid")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        try:
            if self.to_folder:
                _store(message, _folder(self.parts))
            else:
                with self._signed_in() as server:
                    server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(
                f"邮件没有发出：{self.destination} 没有接收（{type(error).__name__}）。",
                "请检查 CASELIB_MAIL_URL 和邮件服务器，然后重发。",
            ) from error

    @contextmanager
    def _signed_in(self) -> Iterator[smtplib.SMTP]:
        with self._connect() as server:
            if self.parts.username:
                server.login(unquote(self.parts.username), unquote(self.parts.password or ""))
            yield server

    def _connect(self) -> smtplib.SMTP:
        host, port = self.parts.hostname or "localhost", _port(self.parts)
        context = ssl.create_default_context()
        if self.parts.scheme == "smtps":
            return _EncryptedServer(host, port, timeout=TIMEOUT, context=context)
        server = _Server(host, port, timeout=TIMEOUT)
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
        elif self.parts.username and host not in _LOOPBACK:
            server.close()
            raise Unavailable(
                f"邮件服务器 {host} 不支持加密，不能把密码明文发给它。", "请改用 smtps://，或换一台服务器。"
            )
        return server


def _parts(url: str) -> SplitResult:
    with suppress(ValueError):  # its words quote what may be a piece of the password
        parts = urlsplit(url)
        # A bare / ? or # in a password ends the host early: the rest of the password turns up in the later parts.
        beyond = (
            parts.path.strip("/") or parts.fragment or parse_qs(parts.query, keep_blank_values=True).keys() - {"from"}
        )
        if parts.scheme == "file" or (parts.scheme in {"smtp", "smtps"} and _port(parts) and not beyond):
            return parts
    raise CaselibError(
        "CASELIB_MAIL_URL 的写法不对。",
        "请写成 smtp://用户名:密码@主机:端口、smtps://… 或 file:文件夹；密码里的 / 写成 %2F，其他特殊字符类推。",
    )


def _port(parts: SplitResult) -> int:
    return parts.port or (465 if parts.scheme == "smtps" else 25)


def _folder(parts: SplitResult) -> Path:
    return Path(unquote(parts.path))


def _store(message: EmailMessage, folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.eml"
    descriptor = os.open(folder / f".{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(bytes(message))
    (folder / f".{name}").rename(folder / name)
