"""Run the measurements, print them as tables, keep them in ``bench/results.json``.

A part is a module of this package with ``TITLE`` and ``run() -> list[dict]``: one row for each line of its table.
"""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")


def parts() -> list[str]:
    """Every module that measures something."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    return [name for name in found if "\ndef run(" in (Path(__file__).parent / f"{name}.py").read_text("utf-8")]


def table(rows: list[dict[str, object]]) -> str:
    """The rows as a Markdown table; a column for each key of any row."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [columns, ["---"] * len(columns), *([_shown(row.get(column, "")) for column in columns] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _shown(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }


def main(names: list[str]) -> None:
    """Run the named parts, or all."""
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for name in names or parts():
        module = import_module(f"bench.{name}")
        print(f"\n## {module.TITLE}\n", flush=True)
        begun = machine()
        rows = module.run()
        print(table(rows), flush=True)
        results[name] = {"title": module.TITLE, "machine": begun, "rows": rows}
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
