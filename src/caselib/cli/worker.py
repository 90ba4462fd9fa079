"""The process that answers: gunicorn's threaded worker, which leaves to the others what it could not begin at once.

As it comes, a worker takes every connection that it notices first, however busy it is, and a browser or proxy that keeps
connections open stays with it: one process of two may do all the work. Nothing here knows what is served.
"""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


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
