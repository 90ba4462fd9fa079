"""Typst in a process of its own: ``python -m caselib.publishing.press``, an order on its input, the PDF on its output.

It keeps a quarter of a gigabyte of what it has set; here that goes with the process, and so would a crash.
"""

import json
import sys
from datetime import datetime

import typst


def main() -> int:
    """Set what was ordered; the exit code is 1 if it cannot be set, and the error output says why."""
    order = json.load(sys.stdin)
    try:
        done = typst.compile(
            order["main"],
            root=order["root"],
            font_paths=typst.Fonts(include_embedded_fonts=False),
            sys_inputs=order["inputs"],
            timestamp=datetime.fromisoformat(order["moment"]),
        )
    except typst.TypstError as error:
        sys.stderr.write(error.message)
        return 1
    sys.stdout.buffer.write(done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
