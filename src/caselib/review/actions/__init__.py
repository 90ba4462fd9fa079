"""What can be done in a review round, one module for each part of it.

Every action takes ``session`` and ``actor`` by keyword, asks ``rules`` and ``states``, changes rows and writes one event,
and leaves the commit to its caller. Rows handed in were read in the same session; ``expected_version`` is the version
that the actor looked at, so that the second of two people is told.
"""
