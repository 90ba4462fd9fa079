"""caselib: good-practice cases and guides for small firms, searched, reviewed, selected and published."""

__version__ = "0.1.0"
