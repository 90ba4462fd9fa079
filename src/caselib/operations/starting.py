"""Getting ready to serve: what must be there is there, or the start is refused with what to do.

Nothing is upgraded here: a database that is behind is the operator's decision.
"""

import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from caselib.config import Settings
from caselib.content import ContentStore
from caselib.content.report import bad_files
from caselib.db import Database
from caselib.errors import Unavailable
from caselib.mail import Mailer
from caselib.operations.data_folder import running_lock
from caselib.operations.restore import finish_restore, interrupted_restore
from caselib.search import SearchRoom

Say = Callable[[str], None]

SHORTEST_KEY = 32
"""Characters of a key that nobody guesses; a shorter one is told, since a site that runs with it should not stand still."""
log = logging.getLogger(__name__)


@contextmanager
def holding_data(settings: Settings, say: Say) -> Iterator[None]:
    """Hold the data folder as a server does; a restore that was interrupted is finished first.

    Raises:
        Conflict: somebody else is restoring, or serving what has to be finished.
    """
    if interrupted_restore(settings):
        with running_lock(settings.data, alone=True):
            finish_restore(settings)
        say("上次恢复备份中途停止，现已完成。")
    with running_lock(settings.data, alone=False):
        yield


def begin(settings: Settings, say: Say) -> ExitStack:
    """What a process does that another server than ``caselib serve`` runs, before it answers; to be closed when it ends.

    One process does it after the other, so that the first finishes a restore and makes the database. The index is left
    to the watcher, since to warm it takes each process seconds.

    Raises:
        CaselibError: as :func:`holding_data` and :func:`get_ready`.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.data / "start.lock").open("w") as turn, ExitStack() as held:
        fcntl.flock(turn, fcntl.LOCK_EX)
        held.enter_context(holding_data(settings, say))
        _check(settings, say)
        return held.pop_all()


def get_ready(settings: Settings, say: Say) -> None:
    """Check the key, the content, where mail goes and the database; make what a first start lacks.

    Raises:
        CaselibError: no key, no content folder, no right address for mail, or a database that is behind or newer.
    """
    _check(settings, say)
    ready_index(settings, say)


def _check(settings: Settings, say: Say) -> None:
    key = settings.signing_key
    _ = settings.content_folder, Mailer.open(settings)
    if len(key) < SHORTEST_KEY:
        say(
            f"注意：CASELIB_SECRET_KEY 太短，不足 {SHORTEST_KEY} 个字符，会话和链接可能被伪造。"
            "请用 openssl rand -hex 32 生成一个。"
        )
    _ready_database(Database.open(settings), say)


def _ready_database(database: Database, say: Say) -> None:
    if database.path and not database.path.exists():
        say(f"没有数据库，新建 {database.path}。")
        database.upgrade()
    database.require_current()
    database.close()


def ready_index(settings: Settings, say: Say) -> None:
    """Build the index if there is none that works; take in what changed while nobody was serving; leave it warm."""
    store = ContentStore(settings.content)
    search = SearchRoom.open(settings.search_url, store.taxonomy)
    if not (search.ready and _synced(search, store)):
        say("没有可用的索引，正在建立……")
        try:
            report = search.rebuild(store)
        except Unavailable as error:  # the pages do not need it, and the site tries again by itself
            say(f"搜索暂时不能用：{error}")
            return
        bad = len(bad_files([*store.passed_over(), *report.refused]))
        say(f"索引建好：收入 {report.indexed} 篇，{bad} 个文件有错误、没有收入，用时 {report.seconds:.1f} 秒。")
    search.warm()


def _synced(search: SearchRoom, store: ContentStore) -> bool:
    """Whether the index that is there could be brought up to date."""
    try:
        search.sync(store)
    except Exception:  # damaged, or of another version in a way nobody foresaw: it is derived, so it is made anew
        log.warning("the index cannot be brought up to date", exc_info=True)
        return False
    return True
