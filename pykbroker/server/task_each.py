"""Where a selector has no descriptor that trio can wait for (Windows), each connection has a task that watches it."""

from __future__ import annotations

import trio

from pykbroker.runtime.clock import Clock
from pykbroker.server.admission import Admission
from pykbroker.server.connection import Connection, State
from pykbroker.server.contract import AnswerFunction
from pykbroker.server.limits import Limits
from pykbroker.server.serving import Serving


class TaskEach(Serving):
    """The loop that needs nothing of the system but sockets."""

    def __init__(
        self,
        answer: AnswerFunction,
        nursery: trio.Nursery,
        limits: Limits,
        clock: Clock,
        admission: Admission | None = None,
    ) -> None:
        super().__init__(answer, nursery, limits, clock, admission)
        self._watchers: dict[Connection, trio.CancelScope] = {}

    def watch(self, connection: Connection) -> None:
        watcher = self._watchers[connection] = trio.CancelScope()
        self._nursery.start_soon(self._attend, connection, watcher)

    def unwatch(self, connection: Connection) -> None:
        self._watchers.pop(connection).cancel()

    async def serve(self) -> None:
        await trio.sleep_forever()

    async def _attend(self, connection: Connection, watcher: trio.CancelScope) -> None:
        with watcher:
            while not watcher.cancel_called:
                if connection.unfinished and connection.state is State.RESTING:
                    await trio.lowlevel.checkpoint()
                    if connection.state is State.RESTING and self._answer_frames(connection):
                        self._send(connection)
                    continue
                await trio.lowlevel.wait_readable(connection.sock)
                try:
                    if connection.state in (State.BUSY, State.PARKED):
                        self._overhear(connection)
                    else:
                        connection.last_used_ms = self._clock.now()
                        if self._receive_and_answer(connection):
                            self._send(connection)
                except Exception as bug:  # it costs one connection, not all of them
                    self._close(connection, bug)
