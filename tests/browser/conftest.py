"""The real site on a free port of this machine, and a real Chromium that may reach nothing else."""

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

from caselib.config import shipped
from tests import ready
from tests.serving import serving

PASSWORD = "浏览器测试用的口令"
NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all of them with one worker: one site and one Chromium at a time are as much as two cores bear."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say of a failure where the browser was and what the page said."""
    report = yield
    if report.failed and report.when == "call":
        for visit in getattr(item, "funcargs", {}).values():
            if isinstance(visit, Visit):
                said = visit.page.evaluate("document.body.innerText.slice(0, 1500)")
                report.sections.append(("the page", f"{visit.page.url}\n{said}"))
    return report


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the site keeps its ``content`` and its data, ``var``."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="session")
def site(folder: Path) -> Iterator[str]:
    """The demo with the shipped library, served from a folder of its own; its address."""
    shutil.copytree(shipped("content"), folder / "content")
    ready.demo(folder / "var")
    with serving("demo", folder=folder, ready="按 Ctrl+C 结束", demo_password=PASSWORD) as server:
        yield server.site


def _chromium(own: str) -> str:
    """The machine's, or else Playwright's ``own``."""
    for path in (*map(shutil.which, ("chromium", "chromium-browser", "google-chrome")), own):
        if path and Path(path).exists():
            return path
    pytest.fail("no Chromium: run `make setup` as root, or install the package chromium")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(playwright.chromium.executable_path),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", NOWHERE_ELSE],
        )
        yield browser
        browser.close()


class Visit:
    """One visitor's window; ``strangers`` are requests that left the site for an address that is not found, ``errors`` what scripts threw."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.context, self.site = context, site
        self.strangers: list[str] = []
        self.errors: list[str] = []
        context.on("request", self._note_stranger)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None)

    def _note_stranger(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.site).netloc:
            self.strangers.append(request.url)

    def go(self, path: str) -> Page:
        """Open ``path`` and wait until it is there."""
        self.page.goto(self.site + path)
        return self.page


def sign_in(visit: Visit, username: str) -> Page:
    """Through the login form, as somebody of the demo."""
    page = visit.go("/login")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    expect(page.locator("header a[href='/account']")).to_be_visible()
    return page


def sign_out(visit: Visit) -> None:
    """Through the button on the account's page."""
    page = visit.go("/account")
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("banner").get_by_role("link", name="登录")).to_be_visible()


def _visit(browser: Browser, site: str, width: int, scripts: bool) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale="zh-CN", java_script_enabled=scripts, reduced_motion="reduce"
    )
    visit = Visit(context, site)
    yield visit
    context.close()
    assert (visit.strangers, visit.errors) == ([], [])


@pytest.fixture
def desk(browser: Browser, site: str) -> Iterator[Visit]:
    """A wide window."""
    yield from _visit(browser, site, 1280, scripts=True)


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Visit]:
    """A window 360 pixels wide."""
    yield from _visit(browser, site, 360, scripts=True)


@pytest.fixture
def plain(browser: Browser, site: str) -> Iterator[Visit]:
    """A wide window without JavaScript."""
    yield from _visit(browser, site, 1280, scripts=False)
