"""Answers to requests that need not be read: what is as it was is recognised by its bytes.

A shortcut sees every request of its API first.  What it does not know takes the long way, and it learns from that.  Its
answers are those that the long way would have given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.metadata import METADATA
from pykbroker_protocol.apis.offset_commit import OFFSET_COMMIT
from pykbroker_protocol.apis.produce import PRODUCE

from pykbroker.runtime.later import Later, Promised

from .broker import Broker
from .client import Client
from .prefixes import Exchange
from .same_metadata import SameMetadata
from .usual_commit import UsualCommit
from .usual_fetch import UsualFetch
from .usual_produce import UsualProduce


class Shortcut(Protocol):
    """One API's, of one broker."""

    def answer(
        self, frame: memoryview, version: int, correlation_id: int, client: Client
    ) -> list[Any] | Promised[Any] | Later[list[Any] | None] | None:
        """The answer in chunks, as it leaves; None, and nothing has happened, when it takes the long way to find it.

        A Later may turn out to know none either.
        """

    def learn(self, frame: memoryview, asked: Exchange, answer: list[Any], client: Client) -> None:
        """What `frame` asks was just answered the long way; `answer` is empty where it was promised."""


SHORTCUTS: dict[int, Callable[[Broker], Shortcut]] = {
    PRODUCE.key: UsualProduce,
    FETCH.key: UsualFetch,
    METADATA.key: SameMetadata,
    OFFSET_COMMIT.key: UsualCommit,
}
