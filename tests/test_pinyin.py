"""Readings, and what they cost a program that asks for none."""

import subprocess
import sys

import pytest

from caselib.pinyin import readings


@pytest.mark.parametrize(
    ("character", "found"),
    [
        ("质", ("zhi",)),
        ("女", ("nv", "ru")),
        ("行", ("xing", "hang", "heng")),
        ("a", ("a",)),
        ("é", ("e",)),
        ("，", ("，",)),
    ],
)
def test_readings_have_no_tones_and_begin_with_the_usual_one(character: str, found: tuple[str, ...]) -> None:
    assert readings(character) == found


def test_the_site_starts_without_what_takes_long_to_load() -> None:
    """SciPy's statistics and the dictionary of phrases were half of a start, for two formulas and a list of names."""
    script = "import sys, caselib.app; print(sorted({'scipy.stats', 'pypinyin'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"
