"""Who gets in: how many connections there may be, together and from one address.

As in Kafka, whoever comes when all places are taken, or sooner than max.connection.creation.rate allows, waits in the
system's queue; whoever has too many from one address is hung up on at once.  Source: Kafka's ConnectionQuotas.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

import trio

from pykbroker.config.config import Config

UNLIMITED = 2_147_483_647
_CONFIG_SEEN_S = 1.0  # a raised limit is seen then, at the latest

log = logging.getLogger("pykbroker.server")


class Admission:
    """Counts connections against what the configuration says now; without one, everybody gets in."""

    def __init__(self, config: Callable[[], Config] | None = None) -> None:
        self._config = config
        self._open = 0
        self._by_address: Counter[str] = Counter()
        self._left = trio.Event()
        self._unused = float("inf")  # connections that could have been made, of the second before `_counted_at`
        self._counted_at = -float("inf")

    async def wait_for_place(self) -> None:
        """Return when there is room for one more, and it is time for one."""
        if self._config is None:
            return
        await self._wait_for_leaver(self._config)
        await self._wait_for_turn(self._config)

    async def _wait_for_turn(self, config: Callable[[], Config]) -> None:
        while (rate := config().max_connection_creation_rate) < UNLIMITED:
            now = trio.current_time()
            self._unused = min(self._unused + (now - self._counted_at) * rate, max(rate, 1)) if rate else 0
            self._counted_at = now
            if self._unused >= 1:
                return
            await trio.sleep(min((1 - self._unused) / rate, _CONFIG_SEEN_S) if rate else _CONFIG_SEEN_S)

    def count_arrival(self) -> None:
        """Somebody connected, whether to stay or not."""
        self._unused = max(self._unused - 1, -1)

    async def _wait_for_leaver(self, config: Callable[[], Config]) -> None:
        if self._open < config().max_connections:
            return
        at_most = config().max_connections
        log.warning("clients wait: until=connections close why=max.connections of %d are open", at_most)
        while self._open >= config().max_connections:
            self._left = trio.Event()
            with trio.move_on_after(_CONFIG_SEEN_S):
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
