"""The built wheel, installed from the locked list into an environment of its own, in folders that hold nothing else."""

import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from caselib.config import shipped
from tests.serving import Browser, Server, environment, serving

pytestmark = pytest.mark.xdist_group("wheel")  # one process builds and installs, not each

ROOT = Path(__file__).parents[1]
CASE = '---\ntitle: 包装企业降低返工\nindustry: [C23]\nregion: "330400"\nyear: 2022\n---\n正文。\n'
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([*PIP, "wheel", str(ROOT), "--no-deps", "-w", str(folder)], check=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``caselib`` of a fresh environment."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    python = folder / "bin" / "python"
    install = [*PIP[:3], "--python", str(python), *PIP[3:], "install", "--no-compile"]
    locked = ["--require-hashes", "--only-binary", ":all:", "--no-binary", "jieba", "-r", "requirements.lock"]
    subprocess.run([*install, *locked], cwd=ROOT, check=True, timeout=600)
    subprocess.run([*install, "--no-deps", str(wheel)], check=True, timeout=120)
    return folder / "bin" / "caselib"


@pytest.fixture(scope="module")
def site(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The installed program, serving a small library from an empty folder."""
    empty, content = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("library")
    (content / "cases").mkdir()
    (content / "cases" / "packaging.md").write_text(CASE, "utf-8")
    settings = {"secret_key": "k" * 40, "content": str(content)}
    with serving("serve", folder=empty, ready="网站已启动", program=[str(installed)], **settings) as server:
        yield server


def test_the_wheel_ships_templates_content_static_files_and_migrations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        "caselib/_shipped/templates": ROOT / "templates",
        "caselib/_shipped/content": ROOT / "content",
        "caselib": ROOT / "src" / "caselib",
    }
    expected = {
        f"{prefix}/{path.relative_to(folder).as_posix()}"
        for prefix, folder in sources.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected - names == set()


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/login", "/cases/packaging"])
def test_the_installed_program_serves(site: Server, path: str) -> None:
    assert site.browser.fetch(path)[0] == 200


def test_the_installed_program_finds(site: Server) -> None:
    status, page = site.browser.fetch("/search?q=%E5%8C%85%E8%A3%85")
    assert (status, 'href="/cases/packaging"' in page) == (200, True)


def test_the_installed_program_checks_with_the_shipped_taxonomy(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "content" / "cases").mkdir(parents=True)
    (tmp_path / "content" / "cases" / "packaging.md").write_text(CASE, "utf-8")
    done = subprocess.run(
        [str(installed), "check"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 个文件，没有问题。")


def test_the_demo_of_the_installed_program_brings_its_own_library(installed: Path, tmp_path: Path) -> None:
    with serving("demo", folder=tmp_path, ready="按 Ctrl+C 结束", program=[str(installed)]) as server:
        password = next(line.split()[1] for line in server.said if line.startswith("密码"))
        status, page = Browser(server.site).sign_in("editor", password)
    brought = sorted(path.name for path in (tmp_path / "content" / "cases").glob("*.md"))
    assert (status, "工作台" in page) == (200, True)
    assert brought == sorted(path.name for path in (shipped("content") / "cases").glob("*.md"))


def test_the_installed_program_serves_its_static_files(site: Server) -> None:
    sheets = [path.name for path in (ROOT / "src" / "caselib" / "web" / "static").glob("*.css")]
    assert {site.browser.fetch(f"/static/{name}")[0] for name in sheets} == {200}
