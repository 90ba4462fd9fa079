"""Small content trees made of real files, for the tests of this room."""

from pathlib import Path

CASE = """\
---
title: 定制技术攻关方案
industry: [C23]
region: "330400"
year: 2022
---
## 企业概况

某包装有限公司。
"""
GUIDE = "---\ntitle: 包装行业实施指南\nindustry: C23\nyear: 2022\n---\n正文。\n"
BATCH = "---\ntitle: 第三批优良案例\nyear: 2022\npublished: 2023-04-20\n---\n正文。\n"
PAGE = "---\ntitle: 关于本站\n---\n正文。\n"


def case(*lines: str, without: str = "", body: str = "正文。\n") -> str:
    """A valid case with more front matter lines, and without the key ``without``."""
    kept = [line for line in CASE.split("\n")[1:5] if not without or not line.startswith(f"{without}:")]
    return "\n".join(["---", *kept, *lines, "---", body])


def put(root: Path, name: str, data: str | bytes = CASE) -> Path:
    """Write one file of the tree."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
