"""Plain loops over arrays as machine code, by Numba.

A loop is compiled when it is first called; the code is kept where ``NUMBA_CACHE_DIR`` says, else beside its source, else in
the user's cache folder. Nothing here knows what the loops do.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def _without(unused: str, part: str) -> ModuleType:
    """Load Numba or a part of it while a library that it looks for is not to be found; it does without."""
    if unused in sys.modules:
        return import_module(part)
    sys.modules[unused] = None  # type: ignore[assignment]  # so an import of it fails
    try:
        return import_module(part)
    finally:
        del sys.modules[unused]


numba = _without("scipy", "numba")  # it would only ask for its version
# No loop multiplies matrices (SciPy's would be a quarter of the time until the first answer) or calls C (a fiftieth).
_without("scipy.linalg", "numba.np.arraymath")
_without("cffi", "numba.core.typing.cffi_utils")


def compiled(function: F) -> F:
    """The function, compiled when it is first called."""
    made: Any
    try:
        made = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # there is no place to keep the code: every process compiles for itself
        made = numba.njit(nogil=True)(function)
    return cast(F, made)
