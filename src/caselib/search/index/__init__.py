"""The index itself: how documents are kept on disk to answer from, built, changed and mended, and the loops over its arrays.

Segments never change, a manifest says which are in force, and a reader opens one manifest. Nothing here knows questions,
ranking or pages: the search room asks, this is asked.
"""
