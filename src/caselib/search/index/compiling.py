"""Plain loops over arrays as machine code, by Numba.

A loop is compiled when it is first called; the code is kept beside its source, or where ``NUMBA_CACHE_DIR`` says. Nothing
here knows what the loops do.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _skip_blas() -> None:
    """Load the part of Numba that looks for a BLAS while there is none to find: no loop here multiplies matrices, and SciPy's
    linear algebra would be a quarter of the time until the first answer.
    """
    if "scipy.linalg" not in sys.modules:
        sys.modules["scipy.linalg"] = None  # type: ignore[assignment]  # so an import of it fails
        try:
            import_module("numba.np.arraymath")
        finally:
            del sys.modules["scipy.linalg"]


_skip_blas()


def compiled(function: F) -> F:
    """The function, compiled when it is first called."""
    made: Any
    try:
        made = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # there is no place to keep the code: every process compiles for itself
        made = numba.njit(nogil=True)(function)
    return cast(F, made)
