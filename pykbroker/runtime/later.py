"""Answers that are not there at once: Later or Parked of a question that waits, Promised of one that is decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import trio

Response = TypeVar("Response")


class Later(NamedTuple, Generic[Response]):
    """`wait()` is called once at most, and returns the answer or raises what became of it.

    It may be cancelled, and a Later may be dropped before it is waited for: neither may leave anything behind.
    """

    wait: Callable[[], Awaitable[Response]]


class Watch(Protocol):
    """Sees to what a question waits for, which may come in at any time."""

    @property
    def max_wait_ms(self) -> float:
        """How long the question waits at most; math.inf for as long as it takes."""

    def when_ripe(self, callback: Callable[[], None], /) -> None:
        """`callback` is called when there is a reason to look: once until the next look, now if there is one by now."""

    def look(self) -> bool:
        """Whether what it waits for is there."""

    def leave(self) -> None:
        """Nobody waits any more.  May be called again."""


class Parked(NamedTuple, Generic[Response]):
    """A question that waits without a task of its own.  Whoever drops it has `watch` leave.

    finish: () -> the answer as of the last look, or raises what became of it; to be called once.
    """

    watch: Watch
    finish: Callable[[], Response]


class Pledge(Protocol):
    """Something that will be done, or will turn out not to be."""

    @property
    def is_settled(self) -> bool: ...

    def when_settled(self, callback: Callable[[], None], /) -> None: ...

    def check(self) -> None:
        """Raises what a client is told if it was not done."""


async def settled(pledges: Sequence[Pledge]) -> None:
    """All of them are.

    Raises:
        What the first says that was not done.
    """
    for pledge in pledges:
        if not pledge.is_settled:
            event = trio.Event()
            pledge.when_settled(event.set)
            await event.wait()
    for pledge in pledges:
        pledge.check()


class Promised(NamedTuple, Generic[Response]):
    """An answer that may not leave before its pledges are settled.  Its question had all its effects already: what
    comes after it is decided meanwhile, and answered after it.

    finish: () -> the answer, or raises what became of it; to be called once they are settled.
    """

    pledges: Sequence[Pledge]
    finish: Callable[[], Response]

    @property
    def is_settled(self) -> bool:
        return all(pledge.is_settled for pledge in self.pledges)

    def when_settled(self, callback: Callable[[], None]) -> None:
        """`callback` is called whenever one of them is settled that is not now."""
        for pledge in self.pledges:
            pledge.when_settled(callback)
