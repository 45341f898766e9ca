"""Connections at rest share one selector and one task, served in rounds.

A selector's own descriptor (epoll, kqueue) is something that trio can wait for, so that one wake-up serves any number
of ready sockets.  Within a round some connections at a time are read and answered before they are sent to: so the cost
of waking clients is shared, and what the system does for each kind of call stays at hand; and yet those on another core
have something to do while the others have their turn.
"""

from __future__ import annotations

import selectors
from time import perf_counter_ns

import trio

from pykbroker.runtime.clock import Clock
from pykbroker.server import usual_turn
from pykbroker.server.admission import Admission
from pykbroker.server.connection import Connection, State
from pykbroker.server.contract import AnswerFunction
from pykbroker.server.eagerness import Eagerness
from pykbroker.server.limits import Limits
from pykbroker.server.serving import Serving

Ready = tuple[selectors.SelectorKey, int]

_WAITING = (State.BUSY, State.PARKED)
_FEW = 8  # connections that are answered before the first of them is sent to, or an eighth of those that are ready


class AtRest(Serving):
    """The loop where selectors have a descriptor: Linux, macOS, BSD."""

    def __init__(
        self,
        answer: AnswerFunction,
        nursery: trio.Nursery,
        limits: Limits,
        clock: Clock,
        admission: Admission | None = None,
    ) -> None:
        super().__init__(answer, nursery, limits, clock, admission)
        self._selector = selectors.DefaultSelector()
        self._eagerness = Eagerness()
        self._again: list[Connection] = []  # their last turn ended at its bound

    def watch(self, connection: Connection) -> None:
        self._selector.register(connection.sock, selectors.EVENT_READ, connection)

    def unwatch(self, connection: Connection) -> None:
        self._selector.unregister(connection.sock)

    async def serve(self) -> None:
        descriptor = self._selector.fileno()
        try:
            while True:
                await trio.lowlevel.wait_readable(descriptor)
                ready = self._ready()
                while ready or self._again:
                    self._round(ready)
                    if not self._again and len(ready) < _FEW and not self._eagerness.awake_until_ns():
                        break  # it is not likely that more is ready, and trio tells of that, too
                    await trio.lowlevel.checkpoint()
                    ready = self._ready()
        finally:
            trio.lowlevel.notify_closing(descriptor)

    def _ready(self) -> list[Ready]:
        """Who can be read: now, or, where that has proved worth while, in a moment."""
        ready, eagerness = self._selector.select(0), self._eagerness
        if not ready and not self._again:
            until_ns = eagerness.awake_until_ns()
            while not ready and perf_counter_ns() < until_ns:
                ready = self._selector.select(0)
        if ready:
            eagerness.came(perf_counter_ns())
        return ready

    def _round(self, ready: list[Ready]) -> None:
        """Give a turn to all that are ready, and to those whose last one ended at its bound."""
        again, self._again = self._again, []
        now, parking = self._clock.now(), self._parking
        parking.in_round = True
        together = max(_FEW, len(ready) // 8)
        for start in range(0, len(ready), together):
            some = [key.data for key, _ in ready[start : start + together]]
            answered, rest = usual_turn.receive(some, now, self._shared, self._answer)
            if answered:  # large requests come in pieces, and their clients have better use for the processor
                self._eagerness.answered(perf_counter_ns())
            if rest:
                answered += [connection for connection, left in rest if self._go_on(connection, left, now)]
            parking.look_at_ripe(together)  # a consumer hears of a record before its producer does
            self._send_to(usual_turn.send(answered))
        self._send_to([each for each in again if each.state is State.RESTING and self._answer_frames(each)])
        parking.in_round = False
        parking.look_at_ripe()

    def _go_on(self, connection: Connection, left: usual_turn.Left, now: int) -> bool:
        """Do what is left of a turn; True when `_send` has something to do."""
        try:
            if left is not None:
                return self._answer_frames(connection, *left)
            if connection.state in _WAITING:
                self._overhear(connection)
            elif connection.state is State.RESTING and not connection.unfinished:
                connection.last_used_ms = now
                return self._receive_and_answer(connection)
        except Exception as bug:  # it costs one connection, not all of them
            self._close(connection, bug)
        return False

    def _send_to(self, answered: list[Connection]) -> None:
        for connection in answered:
            if self._send(connection):
                self._again.append(connection)
