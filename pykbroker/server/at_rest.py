"""Connections at rest share one selector and one task, served in rounds.

A selector's own descriptor (epoll, kqueue) is something that trio can wait for, so that one wake-up serves any number
of ready sockets.  Within a round a few connections at a time are read and answered before they are sent to: so the cost
of waking clients is shared, and yet those on another core have something to do while the others have their turn.
"""

from __future__ import annotations

import selectors

import trio

from pykbroker.runtime.clock import Clock
from pykbroker.server import usual_turn
from pykbroker.server.admission import Admission
from pykbroker.server.connection import Connection, State
from pykbroker.server.contract import AnswerFunction
from pykbroker.server.limits import Limits
from pykbroker.server.serving import Serving

_WAITING = (State.BUSY, State.PARKED)
_TOGETHER = 4  # connections that are answered before the first of them is sent to


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
                while self._round():
                    await trio.lowlevel.checkpoint()
        finally:
            trio.lowlevel.notify_closing(descriptor)

    def _round(self) -> bool:
        """Give a turn to all that are ready; False when nobody is."""
        ready = self._selector.select(0)
        again, self._again = self._again, []
        if not ready and not again:
            return False
        now, parking = self._clock.now(), self._parking
        parking.in_round = True
        for start in range(0, len(ready), _TOGETHER):
            some = [key.data for key, _ in ready[start : start + _TOGETHER]]
            answered, rest = usual_turn.receive(some, now, self._shared, self._answer)
            if rest:
                answered += [connection for connection, left in rest if self._go_on(connection, left, now)]
            parking.look_at_ripe(_TOGETHER)  # a consumer hears of a record before its producer does
            self._send_to(usual_turn.send(answered))
        self._send_to([each for each in again if each.state is State.RESTING and self._answer_frames(each)])
        parking.in_round = False
        parking.look_at_ripe()
        return True

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
