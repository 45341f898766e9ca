"""Who sees to a connection, and how it gets from one to the other: to rest, into a task, in line for memory, closed."""

from __future__ import annotations

import logging
import math
from abc import ABC, abstractmethod

import trio
from pykbroker_protocol.errors import Malformed

from pykbroker.handlers.replies import Hangup
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.later import Parked
from pykbroker.server import usual_turn
from pykbroker.server.admission import Admission
from pykbroker.server.connection import Connection, State
from pykbroker.server.limits import Limits
from pykbroker.server.memory import MemoryBudget

log = logging.getLogger("pykbroker.server")


class Whereabouts(ABC):
    """Of all open connections."""

    def __init__(self, nursery: trio.Nursery, limits: Limits, clock: Clock, admission: Admission | None) -> None:
        self.admission = admission or Admission()
        self._nursery = nursery
        self._limits = limits
        self._clock = clock
        self._budget = MemoryBudget(limits.queued_max_request_bytes)
        self._draining = False
        self._emptied: trio.Event | None = None
        self.connections: set[Connection] = set()

    @abstractmethod
    def watch(self, connection: Connection) -> None:
        """From here on the connection has a turn whenever its socket can be read."""

    @abstractmethod
    def unwatch(self, connection: Connection) -> None:
        """No more turns until it is watched again."""

    @abstractmethod
    async def _see_through(self, connection: Connection) -> None:
        """What the task of one that waits does."""

    def _rest(self, connection: Connection) -> None:
        if self._draining:
            self._close(connection, None)
            return
        if connection.inbox.wanted_bytes:
            self._stand_in_line(connection)
            return
        connection.state = State.RESTING
        connection.last_used_ms = self._clock.now()
        self._watch(connection)

    def _leave(self, connection: Connection) -> None:
        connection.state = State.BUSY
        self._nursery.start_soon(self._see_through, connection)

    def _watch(self, connection: Connection) -> None:
        if not connection.watched:
            connection.watched = True
            self.watch(connection)

    def _unwatch(self, connection: Connection) -> None:
        if connection.watched:
            connection.watched = False
            self.unwatch(connection)

    # Memory

    def _ask_for_room(self, connection: Connection) -> None:
        """The next request is a large one: it gets its buffer now, or its connection gets in line for it."""
        nbytes = connection.inbox.wanted_bytes
        if self._budget.take(nbytes, connection, lambda: self._grant(connection, nbytes)):
            self._grant(connection, nbytes)
        elif connection.state is State.RESTING:
            self._stand_in_line(connection)

    def _stand_in_line(self, connection: Connection) -> None:
        connection.state = State.IN_LINE
        connection.last_used_ms = math.inf
        self._unwatch(connection)

    def _grant(self, connection: Connection, nbytes: int) -> None:
        connection.held_bytes = nbytes
        try:
            connection.inbox.grant(usual_turn.buffer(nbytes))
        except MemoryError:
            self._close(connection, OSError(f"no memory for a request of {nbytes} bytes"))
        if connection.state is State.IN_LINE:
            self._rest(connection)

    def _let_go(self, connection: Connection) -> None:
        nbytes, connection.held_bytes = connection.held_bytes, 0
        self._budget.give_back(nbytes)

    def _close(self, connection: Connection, why: Exception | None) -> None:
        """Close it, with one log line if it is the broker that ends it; once closed, it stays so."""
        if connection.state is State.CLOSED:
            return
        if why is None or isinstance(why, ConnectionError):
            log.debug("connection closed: client=%s", connection)
        elif isinstance(why, Malformed | Hangup | OSError):
            log.warning("connection closed: client=%s why=%s", connection, why)
        else:
            log.error("connection closed: client=%s why=a bug of the broker", connection, exc_info=why)
        self._unwatch(connection)
        connection.state = State.CLOSED
        if connection.held_bytes:
            self._let_go(connection)
        self._budget.leave_line(connection)
        if isinstance(connection.later, Parked):
            connection.later.watch.leave()
        connection.owed.clear()
        connection.promised.clear()
        if connection.released is not None:
            connection.released.set()
        trio.lowlevel.notify_closing(connection.sock)
        connection.sock.close()
        self.connections.discard(connection)
        self.admission.leave(connection.client.host[1:])
        if self._emptied is not None and not self.connections:
            self._emptied.set()
