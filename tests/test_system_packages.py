"""What the set-up asks of apt, on a machine that has none of it; apt itself is a stand-in that lacks some packages."""

import subprocess
from pathlib import Path
from shutil import which

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "system-packages"
APT = """#!/bin/sh
[ "$1" = install ] || exit 0
shift 4
echo "$*" >>"{log}"
case "$*" in *{lacking}*) echo "E: Unable to locate package $*" >&2; exit 100 ;; esac
"""


def set_up(folder: Path, user: int, lacking: str) -> tuple[int, list[str], str]:
    """Exit code, what apt was asked to install, one command a line, and the last line said."""
    programs = {"python": "#!/bin/sh\nexit 1\n", "postgres": "#!/bin/sh\n", "id": f"#!/bin/sh\necho {user}\n"}
    programs["apt-get"] = APT.format(log=folder / "asked", lacking=lacking)
    for name in ("sh", "grep"):
        (folder / name).symlink_to(str(which(name)))
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "asked").touch()
    done = subprocess.run(
        ["sh", str(SCRIPT), "python"], env={"PATH": str(folder)}, capture_output=True, text=True, timeout=60
    )
    return done.returncode, (folder / "asked").read_text().splitlines(), done.stderr.splitlines()[-1]


WANTED = ["python3-venv", "fonts-noto-cjk", "fontconfig", "chromium"]


@pytest.mark.parametrize(("lacking", "code"), [("chromium", 0), ("fontconfig", 0), ("python3-venv", 1)])
def test_a_package_that_apt_lacks_keeps_out_no_other(tmp_path: Path, lacking: str, code: int) -> None:
    assert set_up(tmp_path, 0, lacking) == (code, WANTED, f"apt-get could not install: {lacking}")


def test_who_may_not_install_is_told_what_to(tmp_path: Path) -> None:
    names = " ".join(WANTED)
    said = f"Please install: {names}  (for example: sudo apt-get install {names})"
    assert set_up(tmp_path, 1000, "chromium") == (1, [], said)
