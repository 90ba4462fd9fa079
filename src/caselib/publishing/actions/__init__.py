"""The verbs of publishing: picking, announcing, hearing objections, taking a published case away.

Keyword-only ``session`` and ``actor``; one transaction of the caller's, never committed here. What has to outlive a crash
between database and files is in ``release`` and ``tombstones``.
"""
