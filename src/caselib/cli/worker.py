"""The process that answers: gunicorn's threaded worker, which leaves to the others what it could not begin at once.

As it comes, a worker takes every connection that it notices first, however busy it is, and a browser or proxy that keeps
connections open stays with it: one process of two may do all the work. Of what is served only the
way to /ask is known here.
"""

from typing import Any

from gunicorn.http.errors import LimitRequestLine
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

LONGEST_LINE = 8190
"""Bytes of a request's first line, the most that gunicorn allows: a query of some 800 Han characters, nine bytes each, and filters."""
_TOO_LONG = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>网址太长</title><h1>网址太长</h1><p>搜索内容或筛选条件太多，服务器没有读。请缩短到800个字以内再搜，"
    '或者用<a href="/ask">说说您的问题</a>，那里可以写1000个字。</p></html>'
).encode()


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Takes a new connection while one of its threads is free, or when it has just finished a request.

    So what cannot begin at once waits for whichever process is done first, and nobody waits for ever behind those whose
    connections are open already.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at_work, self._just_finished = 0, False

    def enqueue_req(self, conn: Any) -> None:
        """Give a request to the threads; if none is free any more, stop accepting."""
        self._at_work, self._just_finished = self._at_work + 1, False
        super().enqueue_req(conn)
        self.set_accept_enabled(self._accepting)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Take back what a thread is done with. The loop that calls this asks to accept again by itself."""
        self._at_work, self._just_finished = self._at_work - 1, True
        super().finish_request(conn, fs)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept or not, as gunicorn wants it and as far as there is room."""
        room = self._at_work < self.cfg.threads or self._just_finished
        super().set_accept_enabled(enabled and room)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Any) -> None:
        """Tell a reader in their own language that an address was too long; the rest only concerns programs."""
        if not isinstance(exc, LimitRequestLine):
            super().handle_error(req, client, addr, exc)
            return
        head = f"HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(_TOO_LONG)}\r\n\r\n"
        write_nonblock(client, head.encode() + _TOO_LONG)
