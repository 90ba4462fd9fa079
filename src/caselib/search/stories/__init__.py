"""Stories, problems told in somebody's own words: what is recognised in them, and what of the library helps.

Of the search room it is given two functions: one answers a query, one tells whether a word is usual.
"""
