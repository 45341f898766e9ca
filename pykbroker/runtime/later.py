"""Later: the answer of a question that has to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

Response = TypeVar("Response")


class Later(NamedTuple, Generic[Response]):
    """`wait()` is called once at most, and returns the answer or raises what became of it.

    It may be cancelled, and a Later may be dropped before it is waited for: neither may leave anything behind.
    """

    wait: Callable[[], Awaitable[Response]]
