"""Who gets in: how many connections there may be, together and from one address.

As in Kafka, whoever comes when all places are taken waits in the system's queue until one is free; whoever has too many
from one address is hung up on at once.  Source: Kafka's ConnectionQuotas.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

import trio

from pykbroker.config.config import Config

log = logging.getLogger("pykbroker.server")


class Admission:
    """Counts connections against what the configuration says now; without one, everybody gets in."""

    def __init__(self, config: Callable[[], Config] | None = None) -> None:
        self._config = config
        self._open = 0
        self._by_address: Counter[str] = Counter()
        self._left = trio.Event()

    async def wait_for_place(self) -> None:
        """Return when there is room for one more."""
        if self._config is None or self._open < self._config().max_connections:
            return
        at_most = self._config().max_connections
        log.warning("clients wait: until=connections close why=max.connections of %d are open", at_most)
        while self._open >= self._config().max_connections:
            self._left = trio.Event()
            with trio.move_on_after(1):  # a raised limit is seen then, at the latest
                await self._left.wait()

    def refuses(self, address: str) -> bool:
        """Whether `address` has as many connections as it may; says so."""
        if self._config is None:
            return False
        config = self._config()
        at_most = config.connections_per_address.get(address, config.max_connections_per_ip)
        if self._by_address[address] < at_most:
            return False
        log.warning("connection refused: client=%s why=max.connections.per.ip of %d are open", address, at_most)
        return True

    def enter(self, address: str) -> None:
        self._open += 1
        self._by_address[address] += 1

    def leave(self, address: str) -> None:
        self._open -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
        self._left.set()
