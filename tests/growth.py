"""How the time that something takes grows with its size: a proportion, so that a slow machine changes nothing."""

from collections.abc import Callable
from time import thread_time

BOUNDED = 10
"""Four times the size takes about 4 times as long where it should, and 16 times where each part looks at every other."""


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as long this thread works for four times ``size``; the best of three, so that a pause does not count."""
    small, large = (min(_seconds(work, each) for _ in range(3)) for each in (size, 4 * size))
    return large / small


def _seconds(work: Callable[[int], object], size: int) -> float:
    begun = thread_time()
    work(size)
    return thread_time() - begun
