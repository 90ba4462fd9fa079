"""``caselib select`` and ``caselib replay``."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from caselib.cli.deciding import replay, select
from caselib.errors import CaselibError
from caselib.publishing.decision import fingerprint
from tests.publishing.decisions import MARKS, a_decision, save, simulated


def test_select_prints_the_contracts_json(tmp_path: Path) -> None:
    result = CliRunner().invoke(select, [str(save(tmp_path, a_decision(MARKS))), "--json"])
    answer = json.loads(result.output)
    assert (result.exit_code, answer["method"], answer["graph"]) == (0, "mean", {"components": 1, "identifiable": True})
    assert list(answer["ranking"][0]) == [
        "id",
        "reviews",
        "raw_mean",
        "trimmed_mean",
        "calibrated",
        "se",
        "p_selected",
        "selected",
    ]


def test_select_takes_another_method(tmp_path: Path) -> None:
    result = CliRunner().invoke(select, [str(save(tmp_path, a_decision(MARKS))), "--json", "--method", "trimmed"])
    assert json.loads(result.output)["method"] == "trimmed"


def test_replay_agrees_or_says_what_differs(tmp_path: Path) -> None:
    sealed = a_decision(MARKS, selected=["a", "b"])
    good = CliRunner().invoke(replay, [str(save(tmp_path, sealed | {"sha256": fingerprint(sealed)}))])
    assert (good.exit_code, good.output) == (0, "复核一致：4 份申报，入选 2 篇，方法 mean。\n")
    bad = CliRunner().invoke(replay, [str(save(tmp_path, a_decision(MARKS, selected=["a", "d"])))])
    assert bad.exit_code == 1
    assert "“d”记录为入选，重算未入选。" in bad.output


@pytest.mark.parametrize("seal", [{}, {"sha256": None}])
def test_a_replay_of_a_file_without_its_seal_says_what_it_does_not_prove(tmp_path: Path, seal: dict[str, None]) -> None:
    path = save(tmp_path, a_decision(MARKS, selected=["a", "b"]) | seal)
    result = CliRunner().invoke(replay, [str(path)])
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "复核一致：4 份申报，入选 2 篇，方法 mean。\n",
        "注意：文件里没有校验和（sha256）。名单与文件里的评分相符，但评分等内容在导出后是否被改动过，没有核对。\n",
    )


def test_an_answer_is_the_same_on_another_processor_with_other_threads_hash_seed_and_locale(tmp_path: Path) -> None:
    quotas = [{"attribute": "province", "max": 3}, {"attribute": "industry_letter", "value": "I", "min": 3}]
    content = simulated() | {"quotas": quotas}
    for k, submission in enumerate(content["submissions"]):
        submission |= {"region": f"{33 + k % 4}0000", "industry": ["CI"[k % 5 == 0] + "65"]}
    path = save(tmp_path, content)

    def answer(method: str, **environment: str) -> str:
        command = [
            sys.executable,
            "-c",
            "from caselib.cli import main; main()",
            "select",
            str(path),
            "--json",
            "--method",
            method,
        ]
        return subprocess.run(command, env=os.environ | environment, capture_output=True, check=True).stdout.decode()

    for method in ("zscore", "mixed", "robust"):
        here = answer(method, OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="1", PYTHONUTF8="1")
        there = answer(
            method,
            OPENBLAS_NUM_THREADS="2",
            OPENBLAS_CORETYPE="Nehalem",
            PYTHONHASHSEED="2",
            LC_ALL="C",
            PYTHONUTF8="1",
        )
        assert here == there


def test_replay_without_a_recorded_pick_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(replay, [str(save(tmp_path, a_decision(MARKS)))])
    assert isinstance(result.exception, CaselibError)
