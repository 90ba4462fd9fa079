"""Files that lie in the tree and are not to be seen yet: while a batch is put in its place, all of it is withheld.

The list is one file in the root of the tree, so that putting it there and taking it away are one step each, which no
reader sees half done, whichever process it is in. Who lists what, and for how long, is the business of publishing.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from caselib.content.files import FileState, sync_folder, write_atomically
from caselib.errors import Unavailable

FILE = ".releasing.json"


class Withheld:
    """What is withheld in the tree under ``root``: paths like ``cases/2022-38174.md`` with the SHA-256 of their bytes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file = str(root / FILE)
        self._known: tuple[FileState, dict[str, str]] | None = None

    def files(self) -> Mapping[str, str]:
        """What is withheld now; one system call when nothing is, or nothing changed.

        Ask *after* looking at a file: one that was there then and is not withheld now is to be seen.

        Raises:
            Unavailable: the list is there and cannot be read; nobody can say what may be seen.
        """
        try:
            status = os.stat(self._file)  # noqa: PTH116 (every read of a document asks)
            state = status.st_mtime_ns, status.st_size, status.st_ino
            known = self._known
            if known is None or known[0] != state:
                listed = json.loads(Path(self._file).read_text("utf-8"))
                known = state, {str(path): str(digest) for path, digest in listed.items()}
                self._known = known
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise Unavailable(
                f"内容目录里的 {FILE} 读不出来，暂时无法判断哪些内容已经发布。",
                "请重启本站；仍不行时，请核对内容目录，再删去这个文件。",
            ) from error
        return known[1]

    @property
    def present(self) -> bool:
        """Whether there is a list, readable or not."""
        return Path(self._file).exists()

    def moment(self) -> int:
        """Changes whenever the list comes or goes (the root's time of change, in nanoseconds)."""
        try:
            return self._root.stat().st_mtime_ns
        except OSError:
            return 0

    def put(self, files: Mapping[str, str]) -> None:
        """Withhold these from now on; on return that is on the disk."""
        write_atomically(Path(self._file), json.dumps(dict(files), ensure_ascii=False, indent=1).encode())

    def lift(self) -> None:
        """Withhold nothing any more; on return that is on the disk."""
        Path(self._file).unlink(missing_ok=True)
        sync_folder(self._root)
