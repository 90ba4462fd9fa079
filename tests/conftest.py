"""How hard the property tests try, and what no test should pay for twice.

A short, repeatable sample of every property in every run, and ``make torture`` for the rest. In the process of the tests,
templates, routes and statements of SQL are compiled and the taxonomy is read once however many sites and databases it opens, and
a password costs what argon2 calls the cheapest (``tests/people/test_passwords.py`` has the real cost back).
"""

import gc
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from ctypes import CDLL, c_uint32, get_errno
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from flask import Flask
from hypothesis import HealthCheck, settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import event
from werkzeug.routing import Rule

from caselib.config import shipped
from caselib.content.taxonomy import FILES, Taxonomy
from caselib.db import Database
from caselib.people import passwords
from caselib.web import frame

pytest_plugins = ["tests.databases"]

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
settings.register_profile("sample", max_examples=30, derandomize=True, **_COMMON)
settings.register_profile("torture", max_examples=2000, print_blob=True, **_COMMON)
settings.load_profile("sample")


def pytest_collection_finish() -> None:
    """Let the garbage collector look seldom, and never at the thousands of tests: it took a fifth of their time.

    The sites of ended tests keep their files open until it looks, and a login allows no more than 1,024 unless it is asked.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 50)


class _Compiled(BytecodeCache):
    """Compiled templates by name and text; Jinja asks for one again only when its text is the same."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()
_SHIPPED = shipped("content") / "taxonomy"


class _Templates(frame.Templates):
    def __init__(self, app: Flask, **options: Any) -> None:
        super().__init__(app, bytecode_cache=_COMPILED, **options)


frame.Templates = _Templates  # type: ignore[misc]


_compile_builder = Rule._compile_builder
_builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}


def _compiled_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """What builds the addresses of a rule depends on its text alone, and is nine tenths of registering it."""
    key = (rule.rule, *rule._trace, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


Rule._compile_builder = _compiled_once  # type: ignore[method-assign]


class _Statements(dict[tuple[Any, ...], Any]):
    """Compiled statements. SQLAlchemy's keys begin with the dialect, of which each engine has its own."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__(key[1:], value)


def without_waiting(connection: Any, _entry: object) -> None:
    """Let SQLite not wait for the disk: the power of a test does not fail (``tests/test_db.py`` has the real setting back)."""
    connection.execute("PRAGMA synchronous = OFF")


_open_database = Database.__init__
_statements: defaultdict[str, _Statements] = defaultdict(_Statements)


def _with_statements(database: Database, *args: Any, **options: Any) -> None:
    _open_database(database, *args, **options)
    engine = database.engine
    engine.update_execution_options(compiled_cache=_statements[engine.dialect.name])
    if database.path:
        event.listen(engine, "connect", without_waiting)


Database.__init__ = _with_statements  # type: ignore[method-assign]

_load_taxonomy = Taxonomy.load
_load_shipped = cache(_load_taxonomy)


def _loaded_once(folder: Path) -> Taxonomy:
    """The shipped taxonomy is the same wherever no file of its own stands in its place."""
    own = folder.resolve() != _SHIPPED and any((folder / name).exists() for name in FILES)
    return _load_taxonomy(folder) if own else _load_shipped(_SHIPPED)


Taxonomy.load = _loaded_once  # type: ignore[method-assign]

passwords.hasher = PasswordHasher.from_parameters(CHEAPEST)

Synced = list[tuple[Path, bytes | list[str]]]


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Synced:
    """What was put on the disk for good, in order: a file with its bytes, a folder with the names in it."""
    fsync, done = os.fsync, Synced()

    def record(descriptor: int) -> None:
        fsync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        held = sorted(each.name for each in path.iterdir()) if path.is_dir() else path.read_bytes()
        done.append((path, held))

    monkeypatch.setattr(os, "fsync", record)
    return done


@pytest.fixture
def unprivileged_root() -> Iterator[Path]:
    """A folder in which permissions hold for this process, root or not.

    It goes on as the same user, since nobody else may enter where root has cloned this (``/root``).
    """
    folder = Path(mkdtemp(prefix="caselib-"))
    before = _capabilities()
    if before:
        _capabilities(before[0] & ~_OVERRIDING, *before[1:])
    try:
        yield folder
    finally:
        _capabilities(*before)
        for here, folders, _ in os.walk(folder):
            for name in folders:
                Path(here, name).chmod(0o700)
        rmtree(folder)


_OVERRIDING = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets root pass by permissions."""


def _capabilities(*wanted: int) -> list[int]:
    """What the kernel lets this thread do, after it was set to what is ``wanted``, if anything; empty where it keeps no such list.

    The first number is what is in effect: capget(2), version 3.
    """
    if sys.platform != "linux":
        return []
    libc, header, data = CDLL(None, use_errno=True), (c_uint32 * 2)(0x20080522, 0), (c_uint32 * 6)(*wanted)
    if wanted and libc.capset(header, data):
        raise OSError(get_errno(), "capset")
    libc.capget(header, data)
    return list(data)
