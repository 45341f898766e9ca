"""Answers to requests that need not be read: what is as it was is recognised by its bytes.

A shortcut sees every request of its API first.  What it does not know takes the long way, and it learns from that.  An
answer is always the one that the long way would have given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pykbroker_protocol.apis.metadata import METADATA
from pykbroker_protocol.apis.produce import PRODUCE

from .broker import Broker
from .client import Client
from .same_metadata import SameMetadata
from .usual_produce import UsualProduce


class Shortcut(Protocol):
    """One API's, of one broker."""

    def answer(self, frame: memoryview, version: int, correlation_id: int, client: Client) -> bytearray | None:
        """The answer as it leaves; None, and nothing has happened, when it takes the long way to find it."""

    def learn(self, frame: memoryview, version: int, request: Any, answer: bytearray, client: Client) -> None:
        """`frame`, that held `request`, was just answered with `answer` the long way."""


SHORTCUTS: dict[int, Callable[[Broker], Shortcut]] = {PRODUCE.key: UsualProduce, METADATA.key: SameMetadata}
