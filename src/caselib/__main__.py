"""``python -m caselib`` is the command ``caselib``."""

from caselib.cli import main

main()
