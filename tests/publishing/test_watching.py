"""A running site finishes by itself what another process began and did not live to end, and leaves alone what is alive."""

import signal
from threading import Event

from caselib.content import ContentStore
from caselib.publishing.release import Publisher
from caselib.publishing.watching import ReleaseWatcher
from tests.publishing.rounds import LATER, Publishing, die_at, files, publisher

BATCH = ["batches/4.md", "cases/2022-001.md", "cases/2022-002.md"]
PATIENCE = 30.0


def test_what_a_killed_command_left_is_finished_without_a_restart(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    finished = Event()
    watcher = ReleaseWatcher(
        publisher(round_, store, step=lambda name: finished.set() if name == "cleared" else None), seconds=0.01
    )
    editor = round_["editor"]
    killed = die_at(
        round_, store, "withheld", lambda worker: worker.publish(actor=editor, call_id=call.id or 0, now=LATER)
    )
    assert killed == signal.SIGKILL
    watcher.start()
    assert finished.wait(PATIENCE)
    watcher.stop()
    assert (files(store), round_.stored(call).state) == (BATCH, "published")
    assert sorted(f"{kind.folder}/{slug}.md" for kind, slug in store.scan()) == BATCH


def test_a_release_under_way_is_left_alone(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    steps: list[str] = []
    looked = Event()

    class Watched(Publisher):
        """Tells that it was asked."""

        def interrupted(self) -> bool:
            found = super().interrupted()
            looked.set()
            return found

    watching = Watched(round_.database, store, store.root.parent / "var", None, steps.append)
    watcher = ReleaseWatcher(watching, seconds=0.01)

    def pause(name: str) -> None:
        if name == "withheld":
            looked.clear()
            assert looked.wait(PATIENCE)
            looked.clear()
            assert looked.wait(PATIENCE)

    watcher.start()
    publisher(round_, store, step=pause).publish(actor=round_["editor"], call_id=call.id or 0, now=LATER)
    watcher.stop()
    assert (steps, files(store), round_.stored(call).state) == ([], BATCH, "published")
