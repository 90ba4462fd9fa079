"""Problems told in somebody's own words: what is recognised in them, and what of the library helps.

Of the search room it is given one function, which answers a query.
"""
