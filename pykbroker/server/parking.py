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
_FEW_DEADLINES = 1024  # fewer are not worth a search for those of requests that were answered


class Parking:
    """Every connection that is PARKED."""

    def __init__(self, look: Callable[[Connection, bool], None]) -> None:
        """look: (connection, whether its time is up) -> it is answered if that, or what it waits for, is there."""
        self._look = look
        self._ripe: deque[tuple[Connection, Parked[Any]]] = deque()
        # Those that were answered in time stay until their time is up, or until most are such.
        self._deadlines: list[tuple[float, int, Connection, Parked[Any]]] = []
        self._numbers = itertools.count()
        self._most_deadlines = _FEW_DEADLINES
        self._woken = trio.Event()
        self._sleep = trio.CancelScope()
        self.in_round = False  # of the loop, which will look at what is ripe

    def park(self, connection: Connection, parked: Parked[Any]) -> None:
        """`connection` is PARKED, for `parked`."""
        at = trio.current_time() + parked.watch.max_wait_ms / 1000
        if len(self._deadlines) >= self._most_deadlines:
            self._forget_answered()
        if at < math.inf:
            heapq.heappush(self._deadlines, (at, next(self._numbers), connection, parked))
        if at < self._sleep.deadline:
            self._sleep.deadline = at
        parked.watch.when_ripe(partial(self._ripen, connection, parked))

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
            self._sleep = trio.CancelScope(deadline=self._deadlines[0][0] if self._deadlines else math.inf)
            with self._sleep:
                await self._woken.wait()
            self.look_at_ripe()
            self._end_due()

    def _end_due(self) -> None:
        deadlines, now = self._deadlines, trio.current_time()
        for _ in range(_LOOKS_A_TURN):
            while deadlines and not _waits(*deadlines[0][2:]):
                heapq.heappop(deadlines)
            if not deadlines or deadlines[0][0] > now:
                return
            _, _, connection, _ = heapq.heappop(deadlines)
            self._look(connection, True)

    def _forget_answered(self) -> None:
        self._deadlines = [each for each in self._deadlines if _waits(*each[2:])]
        heapq.heapify(self._deadlines)
        self._most_deadlines = max(_FEW_DEADLINES, 2 * len(self._deadlines))


def _waits(connection: Connection, parked: Parked[Any]) -> bool:
    return connection.later is parked and connection.state is State.PARKED
