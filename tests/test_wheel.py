"""The built wheel beside what the locked list names, in an environment of its own, run in folders that hold nothing else."""

import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from caselib.config import shipped
from tests.serving import Browser, Server, environment, serving

pytestmark = pytest.mark.xdist_group("wheel")  # one process builds, not each

ROOT = Path(__file__).parents[1]
CASE = '---\ntitle: 包装企业降低返工\nindustry: [C23]\nregion: "330400"\nyear: 2022\n---\n正文。\n'
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [*PIP, "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run(build, check=True, timeout=300)
    (built,) = folder.glob("*.whl")
    return built


def locked(name: str) -> set[str]:
    """What a list pins: each package with its version, where it belongs and its hashes."""
    return set(re.findall(r"^\S+==(?:.*\\\n)*.*", (ROOT / name).read_text("utf-8"), re.MULTILINE))


def lend(package: Requirement, folder: Path) -> None:
    """Put what the set-up installed of a package into another environment's folder of packages."""
    found = distribution(package.name)
    assert package.specifier.contains(found.version), package
    for name in {path.parts[0] for path in found.files or () if path.parts[0] not in ("..", "__pycache__")}:
        (folder / name).symlink_to(found.locate_file(name))


def lend_loops(folder: Path) -> None:
    """Put the machine code that the set-up made of the loops beside the installed program: it goes by what the source says."""
    source = ROOT / "src"
    for code in source.rglob("__pycache__/*.nb[ci]"):
        place = folder / code.relative_to(source)
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(code, place)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command ``caselib`` of an environment that has the packages of the list, as the set-up installed them, and no other."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    for pin in locked("requirements.lock"):
        package = Requirement(pin.partition("\\")[0])
        if package.marker is None or package.marker.evaluate():
            lend(package, packages)
    pip = [*PIP[:3], "--python", str(folder / "bin" / "python"), *PIP[3:]]
    subprocess.run([*pip, "install", "--no-deps", str(wheel)], check=True, timeout=120)
    subprocess.run([*pip, "check"], check=True, timeout=120)
    lend_loops(packages)
    return folder / "bin" / "caselib"


def test_the_packages_of_the_list_are_in_the_list_of_the_set_up() -> None:
    assert locked("requirements.lock") != set()
    assert locked("requirements.lock") - locked("requirements-dev.lock") == set()


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


def test_the_demo_of_the_installed_program_brings_its_own_library_and_its_calls(
    installed: Path, tmp_path: Path
) -> None:
    with serving("demo", folder=tmp_path, ready="按 Ctrl+C 结束", program=[str(installed)]) as server:
        password = next(line.split()[1] for line in server.said if line.startswith("密码"))
        browser = Browser(server.site)
        status, page = browser.sign_in("editor", password)
        calls = browser.fetch("/desk/calls/")[1].count("征集（演示）</a>")
    assert "示范征集已写入：一次待遴选（142 份申报），一次评审中，一次征集中。" in server.said
    brought = sorted(path.name for path in (tmp_path / "content" / "cases").glob("*.md"))
    assert (status, "工作台" in page, calls) == (200, True, 3)
    assert brought == sorted(path.name for path in (shipped("content") / "cases").glob("*.md"))


def test_the_installed_program_serves_its_static_files(site: Server) -> None:
    sheets = [path.name for path in (ROOT / "src" / "caselib" / "web" / "static").glob("*.css")]
    assert {site.browser.fetch(f"/static/{name}")[0] for name in sheets} == {200}
