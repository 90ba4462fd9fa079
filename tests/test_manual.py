"""The operator's manual says what is true of the program."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from caselib.cli import main
from caselib.config import Settings, SiteIdentity
from caselib.review.states import VERBS

NOBODY = 65534
MANUAL = (Path(__file__).parents[1] / "docs" / "manuals" / "operator.md").read_text("utf-8")


def test_every_setting_is_in_the_manual_and_no_other() -> None:
    ours = {f"CASELIB_{name.upper()}" for name in Settings.model_fields if name not in ("demo", "site")}
    sites = {f"CASELIB_SITE_{name.upper()}" for name in SiteIdentity.model_fields}
    assert set(re.findall(r"CASELIB_[A-Z_]+[A-Z]", MANUAL)) == ours | sites


@pytest.mark.parametrize("command", sorted(set(re.findall(r"(?<!-u )caselib ((?:user |db )?[a-z]+)\b", MANUAL))))
def test_every_command_in_the_manual_exists(command: str) -> None:
    assert CliRunner().invoke(main, [*command.split(), "--help"]).exit_code == 0


@pytest.mark.parametrize(
    "option",
    sorted(set(re.findall(r"(?<=[\s`（])--(?:role|panel|industry|employer|province|certifier|name|email)\b", MANUAL))),
)
def test_every_option_of_accounts_in_the_manual_exists(option: str) -> None:
    assert option in CliRunner().invoke(main, ["user", "add", "--help"]).output


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that everybody may reach: those of pytest are closed to others."""
    with TemporaryDirectory(prefix="caselib-") as name:
        yield Path(name)


@pytest.mark.parametrize(("rights", "where"), [("700", "elsewhere"), ("0", ".")])
def test_the_script_for_the_command_stays_where_its_user_may_be(home: Path, rights: str, where: str) -> None:
    (home / "elsewhere").mkdir()
    (home / "caselib.env").write_text("SAID=设置\n", "utf-8")
    program = home / "venv" / "bin" / "caselib"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$(pwd -P) $HOME $SAID $*"\n')
    program.chmod(0o700)
    user = NOBODY if os.geteuid() == 0 else os.geteuid()  # root passes by permissions
    for path in (home, *home.rglob("*")):
        os.chown(path, user, -1)
    script = re.findall(r"sh -c ('.*') caselib", MANUAL)[0].replace("/srv/caselib", str(home))
    run = f"chmod {rights} .; exec sh -c {script.replace('/etc', str(home))} caselib user list"
    done = subprocess.run(["sh", "-c", run], cwd=home / "elsewhere", user=user, stdout=subprocess.PIPE)
    (home / "elsewhere").chmod(0o700)
    assert done.stdout.decode() == f"{(home / where).resolve()} {home} 设置 user list\n"


@pytest.mark.parametrize(("backup", "left"), [("true", []), ("false", ["caselib-2000-01-01.tar.gz"])])
def test_old_backups_go_only_when_a_new_one_was_made(tmp_path: Path, backup: str, left: list[str]) -> None:
    (tmp_path / "caselib-2000-01-01.tar.gz").touch()
    os.utime(tmp_path / "caselib-2000-01-01.tar.gz", (0, 0))
    for line in re.findall(r"^\d+ \d+ \* \* \* (.*/backup.*)$", MANUAL, re.MULTILINE):
        run = (
            line.replace(r"\%", "%").replace("/srv/caselib/venv/bin/caselib", backup).replace(". /etc/caselib.env", ":")
        )
        subprocess.run(["sh", "-c", run.replace(" /backup", f" {tmp_path}")])
    assert [path.name for path in tmp_path.iterdir()] == left


def test_the_editors_manual_names_what_stands_on_the_pages() -> None:
    root = Path(__file__).parents[1]
    pages = [path.read_text("utf-8") for room in ("desk", "noticing") for path in (root / "templates" / room).glob("*")]
    shown = "".join([*pages, (root / "templates" / "base.html").read_text("utf-8"), *VERBS.values()])
    named = re.findall(r"\*\*(.+?)\*\*", (root / "docs" / "manuals" / "editor.md").read_text("utf-8"))
    assert len(named) == 59
    assert [name for name in named if name not in shown] == []
