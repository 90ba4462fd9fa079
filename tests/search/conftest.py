"""Libraries of a few real files, indexed for real."""

import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import ContentStore
from caselib.search import SearchQuery, SearchRoom
from caselib.search.index import manifest
from caselib.search.index.manifest import Manifest

TEXTS = {
    "cases/digital": ("中小企业数字化改造有办法", "C38", "330400", 2022, "车间用上MES系统，产业链上下游数据相通。"),
    "cases/iso": (
        "建立体系不走样",
        "C23",
        "440100",
        2022,
        "按 ISO 9001:2015 和 GB/T 19001-2016 建立体系，推行6S管理。",
    ),
    "cases/rate": ("合格率上去了", "C33", "330500", 2021, "产品合格率由98.2%提升至99.8%。<b>返工</b> & 返修都少了。"),
    "cases/firm": ("德鑫隆铸造的首检", "C33", "131100", 2021, "德鑫隆公司每班做首件检验，废品少了。"),
    "cases/tea": (
        "六堡茶渥堆有了记录",
        "A01",
        "450400",
        2020,
        "渥堆温度每天记录，茶叶品质稳定。\n\n## 可借鉴之处\n\n返潮复晒要留底账，质量管理不靠记性。",
    ),
}


def text(title: str, industry: str, region: str, year: int, body: str, more: str = "") -> str:
    return (
        f'---\ntitle: {title}\nindustry: [{industry}]\nregion: "{region}"\nyear: {year}\n{more}sample: true\n---\n\n'
        f"## 做法\n\n{body}\n"
    )


class Library:
    """A content folder, its store and its search room."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = ContentStore(folder / "content")
        self.room = self.another_room()

    def another_room(self) -> SearchRoom:
        """As another process would open it."""
        return SearchRoom.open(f"whoosh:{self.folder / 'index'}", self.store.taxonomy)

    def write(self, path: str, content: str) -> None:
        """Put a file there; ``path`` without its ending."""
        target = self.folder / "content" / f"{path}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")

    def shelve(self, bodies: Mapping[str, str]) -> None:
        """Put a case there for each slug and its body, and index them."""
        for slug, body in bodies.items():
            self.write(f"cases/{slug}", text("一篇", "C23", "330400", 2022, body))
        self.room.rebuild(self.store)

    def find(self, q: str = "", **filters: object) -> list[str]:
        """The slugs found, best first."""
        return [hit.slug for hit in self.room.search(SearchQuery(q, **filters)).hits]  # type: ignore[arg-type]


def in_force(library: Library) -> Manifest:
    """The manifest of the library's index."""
    found = manifest.read(library.folder / "index")
    assert found
    return found


@contextmanager
def no_file_to_open() -> Iterator[None]:
    """This process has as many files open as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="session")
def shipped_room(tmp_path_factory: pytest.TempPathFactory) -> SearchRoom:
    """The shipped library."""
    store = ContentStore(shipped("content"))
    room = SearchRoom.open(f"whoosh:{tmp_path_factory.mktemp('shipped')}", store.taxonomy)
    room.rebuild(store)
    return room


@pytest.fixture
def empty(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The five texts above, indexed; tests only read it."""
    library = Library(tmp_path_factory.mktemp("shelf"))
    for path, values in TEXTS.items():
        library.write(path, text(*values))
    library.room.rebuild(library.store)
    return library


Find = Callable[..., list[str]]
