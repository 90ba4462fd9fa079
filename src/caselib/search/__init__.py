"""The search room: what is published, found in Chinese.

Ask ``SearchRoom``; the classes beside it are its questions and answers. Nothing of Whoosh, jieba or NumPy leaves this room,
and it writes nothing but its own index.
"""

from caselib.search.index.writing import IndexReport
from caselib.search.model import Answer, Explanation, FacetValue, Hit, SearchQuery, Suggestion
from caselib.search.room import SearchRoom
from caselib.search.stories.describing import Advice, Description
from caselib.search.stories.recognising import Reason, Recognised
from caselib.search.watching import Watcher

__all__ = [
    "Advice",
    "Answer",
    "Description",
    "Explanation",
    "FacetValue",
    "Hit",
    "IndexReport",
    "Reason",
    "Recognised",
    "SearchQuery",
    "SearchRoom",
    "Suggestion",
    "Watcher",
]
