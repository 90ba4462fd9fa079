"""How text becomes terms, of documents and of questions alike: folded, cut into words, numbers and sounds read.

Nothing here knows what is searched for, or where.
"""
