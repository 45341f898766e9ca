"""Answers to requests that need not be read: what is as it was is recognised by its bytes.

A shortcut sees every request of its API first, and before it its straight way, if it has one.  What neither knows takes
the long way, and the shortcut learns from that.  Its answers are those that the long way would have given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pykbroker.runtime.later import Parked, Promised

from .client import Client
from .prefixes import Exchange

if TYPE_CHECKING:
    from .known import Straight


class Shortcut(Protocol):
    """One API's, of one broker."""

    @property
    def straight(self) -> Straight | None:
        """Gives the answer at once where `answer` would, or None."""

    def answer(
        self, frame: memoryview, version: int, correlation_id: int, client: Client
    ) -> list[Any] | Promised[Any] | Parked[list[Any] | None] | None:
        """The answer in chunks, as it leaves; None, and nothing has happened, when it takes the long way to find it.

        A Parked may turn out to know none either.
        """

    def learn(self, frame: memoryview, asked: Exchange, answer: list[Any], client: Client) -> None:
        """What `frame` asks was just answered the long way; `answer` is empty where it was promised."""
