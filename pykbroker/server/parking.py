"""Connections whose request waits, without a task of their own.

One is looked at again when there is a reason to, and answered as things are when it has waited long enough.  One task
sees to all of them.  What comes in during a round of the loop is seen to by that round.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import trio

from pykbroker.runtime.later import Parked
from pykbroker.server.connection import Connection, State

_LOOKS_A_TURN = 16
_FEW_ALARMS = 1024  # fewer are not worth a search for those that were set again


class Parking:
    """Every connection that is PARKED."""

    def __init__(self, look: Callable[[Connection, bool], None]) -> None:
        """look: (connection, whether its time is up) -> it is answered if that, or what it waits for, is there."""
        self._look = look
        self._ripe: deque[tuple[Connection, Parked[Any]]] = deque()
        # A connection has one alarm.  When it goes off its request may have been answered long ago, and another that
        # has more time may be waiting; it is set again then.  For one with less time it is set again at once.
        self._alarms: list[tuple[float, int, Connection]] = []
        self._numbers = itertools.count()
        self._most_alarms = _FEW_ALARMS
        self._woken = trio.Event()
        self._sleep = trio.CancelScope()
        self.in_round = False  # of the loop, which will look at what is ripe

    def park(self, connection: Connection, parked: Parked[Any]) -> None:
        """`connection` is PARKED, for `parked`."""
        connection.waits_until = at = trio.current_time() + parked.watch.max_wait_ms / 1000
        if at < connection.alarm_at:
            self._set_alarm(connection)
        parked.watch.when_ripe(partial(self._ripen, connection, parked))

    def _set_alarm(self, connection: Connection) -> None:
        if len(self._alarms) >= self._most_alarms:
            self._forget_stale()
        connection.alarm_at = at = connection.waits_until
        heapq.heappush(self._alarms, (at, next(self._numbers), connection))
        if at < self._sleep.deadline:
            self._sleep.deadline = at

    def _ripen(self, connection: Connection, parked: Parked[Any]) -> None:
        self._ripe.append((connection, parked))
        if not self.in_round:
            self._woken.set()

    def look_at_ripe(self, at_most: int = _LOOKS_A_TURN) -> None:
        """Those for which there is a reason are looked at, the first `at_most` of them; the task sees to the others."""
        ripe = self._ripe
        for _ in range(min(len(ripe), at_most)):
            connection, parked = ripe.popleft()
            if _waits(connection, parked):
                self._look(connection, False)
        if ripe:
            self._woken.set()

    async def run(self) -> None:
        """Never returns."""
        while True:
            self._woken = trio.Event()
            if self._ripe:
                self._woken.set()
            self._sleep = trio.CancelScope(deadline=self._alarms[0][0] if self._alarms else math.inf)
            with self._sleep:
                await self._woken.wait()
            self.look_at_ripe()
            self._end_due()

    def _end_due(self) -> None:
        alarms, now = self._alarms, trio.current_time()
        for _ in range(_LOOKS_A_TURN):
            if not alarms or alarms[0][0] > now:
                return
            at, _, connection = heapq.heappop(alarms)
            if at != connection.alarm_at:
                continue  # it was set again, for a request with less time
            connection.alarm_at = math.inf
            if connection.state is State.PARKED:
                if connection.waits_until <= now:
                    self._look(connection, True)
                elif connection.waits_until < math.inf:
                    self._set_alarm(connection)

    def _forget_stale(self) -> None:
        self._alarms[:] = [
            alarm for alarm in self._alarms if alarm[0] == alarm[2].alarm_at and alarm[2].state is not State.CLOSED
        ]
        heapq.heapify(self._alarms)
        self._most_alarms = max(_FEW_ALARMS, 2 * len(self._alarms))


def _waits(connection: Connection, parked: Parked[Any]) -> bool:
    return connection.later is parked and connection.state is State.PARKED
