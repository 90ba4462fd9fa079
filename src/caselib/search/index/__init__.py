"""The index itself: how text becomes terms, and how documents are kept on disk to answer from, built, changed and mended.

Segments never change, a manifest says which are in force, and a reader opens one manifest. Nothing here knows questions,
ranking or pages: the search room asks, this is asked.
"""
