"""Decision files to try out: small ones by hand, and one of a round as it may be."""

import json
from pathlib import Path
from typing import Any

import numpy as np


def a_decision(marks: dict[str, list[float]], **changes: Any) -> dict[str, Any]:
    """Submissions with one criterion of 100 points, reviewed by e0, e1, … in turn."""
    return {
        "format": "caselib-decision/1",
        "size": 2,
        "method": "mean",
        "tie_rule": ["calibrated", "raw_mean", "id"],
        "rubric": [{"key": "whole", "name": "总体", "max": 100, "weight": 1.0}],
        "submissions": [
            {"id": key, "title": key, "region": "330400", "industry": ["C23"], "firm_size": "小型", "submitter": "浙江"}
            for key in marks
        ],
        "scores": [
            {"submission": key, "expert": f"e{j}", "criterion": "whole", "score": score}
            for key, scores in marks.items()
            for j, score in enumerate(scores)
        ],
        "recusals": [],
        "quotas": [],
        "include": [],
        "exclude": [],
        **changes,
    }


MARKS = {"a": [90, 92], "b": [80, 84], "c": [70, 78], "d": [60, 62]}


def save(tmp_path: Path, content: dict[str, Any]) -> Path:
    path = tmp_path / "decision.json"
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def simulated(n: int = 40, size: int = 8) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    harsh = rng.normal(0, 6, 8)
    marks = {f"s{i:02d}": rng.normal(70, 8) for i in range(n)}
    content = a_decision({key: [] for key in marks}, size=size, method="robust")
    content["scores"] = [
        {
            "submission": key,
            "expert": f"e{j}",
            "criterion": "whole",
            "score": round(float(np.clip(merit + harsh[j] + rng.normal(0, 4), 0, 100)), 1),
        }
        for key, merit in marks.items()
        for j in rng.choice(8, 3, replace=False)
    ]
    return content
