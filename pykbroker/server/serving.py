"""What becomes of a connection, whoever watches it: it is read, answered in order, sent to, and closed.

A turn never waits.  What has to wait (a Later, a send that fell short) gets a task, which brings the connection back to
rest; a Parked waits without one.  Every turn is bounded, so that a client that pipelines without end does not keep the
others waiting, and a client that does not read its answers is not read from.
"""

from __future__ import annotations

import math
import socket
from abc import abstractmethod

import trio

from pykbroker.handlers.client import Client
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.later import Later, Parked, Promised
from pykbroker.server import usual_turn
from pykbroker.server.admission import Admission
from pykbroker.server.connection import Connection, State
from pykbroker.server.contract import Answer, Answered, AnswerFunction
from pykbroker.server.framing import SHARED_BYTES
from pykbroker.server.limits import Limits
from pykbroker.server.parking import Parking
from pykbroker.server.sending import send_owed
from pykbroker.server.whereabouts import Whereabouts
from pykbroker.storage.slice import FileSlice

_FRAMES_A_TURN = 64
# Answers may be far larger than their requests, so their bytes end a turn, too.
_OWED_BYTES_A_TURN = 256 * 1024
# Answers that wait for the disk; who has more under way is not read from.
_MOST_PROMISED = 128
# How often idle connections are looked for, and no oftener than.
_SWEEP_MS = 60_000
_SWEEPS_APART_MS = 50


class Serving(Whereabouts):
    """All open connections, and the one way in which they are served."""

    def __init__(
        self,
        answer: AnswerFunction,
        nursery: trio.Nursery,
        limits: Limits,
        clock: Clock,
        admission: Admission | None = None,
    ) -> None:
        super().__init__(nursery, limits, clock, admission)
        self._answer = answer
        self._parking = Parking(self._look_again)
        self._shared = memoryview(bytearray(SHARED_BYTES))

    @abstractmethod
    async def serve(self) -> None:
        """Give turns; returns never."""

    def welcome(self, sock: socket.socket, client: Client) -> None:
        """Serve a connection that was accepted just now."""
        connection = Connection(sock, client, self._limits.socket_request_max_bytes)
        self.connections.add(connection)
        self.admission.enter(client.host[1:])
        self._rest(connection)

    # The turn

    def _receive_and_answer(self, connection: Connection) -> bool:
        """Read once and answer what is whole; True when `_send` has something to do."""
        inbox = connection.inbox
        try:
            nbytes = connection.sock.recv_into(inbox.room(self._shared))
        except (BlockingIOError, InterruptedError):
            inbox.keep()
            return False
        except OSError as gone:
            self._close(connection, gone)
            return False
        if not nbytes:
            self._close(connection, None)
            return False
        inbox.received(nbytes)
        return self._answer_frames(connection)

    def _answer_frames(self, connection: Connection, answer: Answered = None) -> bool:
        """Answer the whole frames at hand, up to the turn's bound; True when `_send` has something to do.

        `answer` is to a frame that came before them.
        """
        inbox, owed, owed_bytes = connection.inbox, connection.owed, 0
        if connection.promised:
            owed = connection.promised[-1][1]
        connection.unfinished = False
        try:
            for _ in range(_FRAMES_A_TURN):
                if answer is None:
                    frame = inbox.next_frame()
                    if frame is None:
                        break
                    answer = self._answer(frame, connection.client)
                    if connection.held_bytes:
                        self._let_go(connection)
                    if answer is None:
                        continue
                if not isinstance(answer, list):
                    if isinstance(answer, Promised):
                        owed, answer = self._await_promise(connection, answer), None
                        continue
                    self._hold_up(connection, answer)
                    break
                owed += answer
                for chunk in answer:
                    owed_bytes += chunk.length if isinstance(chunk, FileSlice) else len(chunk)
                if owed_bytes > _OWED_BYTES_A_TURN:
                    connection.unfinished = True
                    break
                answer = None
            else:
                connection.unfinished = True
        except Exception as verdict:
            connection.verdict = verdict
        inbox.keep()
        if inbox.wanted_bytes:
            self._ask_for_room(connection)
        return bool(
            connection.owed
            or connection.later
            or connection.unfinished
            or connection.verdict
            or len(connection.promised) > _MOST_PROMISED
        )

    def _await_promise(self, connection: Connection, promised: Promised[Answer | None]) -> Answer:
        """Where the answers go that leave behind `promised`."""
        if not connection.promised and promised.is_settled:  # its log failed while the request was decided
            connection.owed += promised.finish() or []
            return connection.owed
        behind: Answer = []
        connection.promised.append((promised, behind))
        promised.when_settled(lambda: self._release(connection))
        return behind

    def _release(self, connection: Connection) -> None:
        """What stands behind no open promise any more is owed, and sent if the connection has no task that does it."""
        promised = connection.promised
        while promised and promised[0][0].is_settled:
            first, behind = promised.popleft()
            try:
                connection.owed += first.finish() or []
            except Exception as verdict:
                connection.verdict = connection.verdict or verdict
            connection.owed += behind
        if connection.state in (State.RESTING, State.IN_LINE):
            self._send(connection)
        elif connection.released is not None and not promised:
            connection.released.set()

    def _send(self, connection: Connection) -> bool:
        """Send what is owed; True while the connection needs no task and has more to do at once.

        A connection that waits, or whose client is slow to read, has left for a task of its own afterwards.
        """
        if connection.state is State.CLOSED:
            return False
        try:
            gone_out = not connection.owed or send_owed(connection.sock, connection.owed)
        except Exception as failure:
            self._close(connection, failure)
            return False
        if connection.promised and (connection.verdict or len(connection.promised) > _MOST_PROMISED):
            self._leave(connection)
        elif connection.verdict is not None:
            self._close(connection, connection.verdict)
        elif not gone_out or (connection.later is not None and connection.promised):
            self._leave(connection)
        elif connection.later is not None:
            self._wait_for(connection, connection.later)
        return connection.unfinished and connection.state is State.RESTING

    def _overhear(self, connection: Connection) -> None:
        """The socket of one that waits can be read: keep what the client sends on, or notice that it hung up."""
        inbox = connection.inbox
        if len(inbox) >= SHARED_BYTES:
            self._unwatch(connection)
            return
        try:
            nbytes = connection.sock.recv_into(inbox.room(self._shared))
        except (BlockingIOError, InterruptedError):
            nbytes = -1
        except OSError:
            nbytes = 0
        inbox.received(max(nbytes, 0))
        inbox.keep()
        if not nbytes:
            self._unwatch(connection)
            if connection.state is State.PARKED:
                self._close(connection, None)
            elif connection.waiting is not None:
                connection.waiting.cancel()

    # One that waits without a task

    def _hold_up(self, connection: Connection, later: Later[Answer | None] | Parked[Answered]) -> None:
        """What is behind this request on its connection waits for its answer."""
        connection.later = later
        if isinstance(later, Later):
            connection.waiting = trio.CancelScope()

    def _wait_for(self, connection: Connection, later: Later[Answer | None] | Parked[Answered]) -> None:
        """Nothing is to be sent before the answer: who is to wait for that does."""
        if isinstance(later, Later):
            self._leave(connection)
            return
        connection.state = State.PARKED
        connection.last_used_ms = math.inf
        self._watch(connection)
        self._parking.park(connection, later)

    def _look_again(self, connection: Connection, is_time_up: bool) -> None:
        """What a parked connection waits for may be there: then it is answered."""
        parked = connection.later
        assert isinstance(parked, Parked)
        try:
            if parked.watch.look() or is_time_up:
                self._end_wait(connection, parked)
        except Exception as bug:
            self._close(connection, bug)

    def _end_wait(self, connection: Connection, parked: Parked[Answered]) -> None:
        """It rests again, or waits for what its request turned out to wait for; or a task sees to the rest."""
        parked.watch.leave()
        connection.later = None
        connection.state = State.RESTING
        answer = parked.finish()
        if isinstance(answer, Promised):
            self._await_promise(connection, answer)
        elif isinstance(answer, Later | Parked):
            self._hold_up(connection, answer)
        elif answer is not None:
            connection.owed += answer
        for left in usual_turn.send([connection]):
            self._send(left)
        if connection.state is State.RESTING and not connection.inbox:
            self._rest(connection)
            return
        if connection.state is State.RESTING:
            connection.unfinished = True
            self._leave(connection)
        if connection.state is State.BUSY:
            connection.last_used_ms = self._clock.now()

    # The task of one that waits

    async def _see_through(self, connection: Connection) -> None:
        """Nothing is under way on `connection` afterwards: it rests again, is parked, or closed."""
        try:
            while connection.owed or connection.promised or connection.later or connection.unfinished:
                while connection.owed and not send_owed(connection.sock, connection.owed):
                    self._unwatch(connection)
                    await trio.lowlevel.wait_writable(connection.sock)
                    connection.last_used_ms = self._clock.now()
                if connection.promised:
                    await self._all_kept(connection)
                    continue
                if connection.verdict is not None:
                    break
                if isinstance(connection.later, Parked):
                    break
                if connection.later is not None:
                    if not await self._wait(connection, connection.later):
                        self._close(connection, None)
                        return
                else:
                    await trio.lowlevel.checkpoint()
                    self._answer_frames(connection)
        except Exception as failure:
            self._close(connection, failure)
        else:
            if connection.verdict is not None:
                self._close(connection, connection.verdict)
            elif connection.state is State.BUSY and isinstance(connection.later, Parked):
                self._wait_for(connection, connection.later)
            elif connection.state is State.BUSY:
                self._rest(connection)

    async def _all_kept(self, connection: Connection) -> None:
        """Nothing is owed behind an open promise any more."""
        self._unwatch(connection)
        connection.released = trio.Event()
        connection.last_used_ms = math.inf
        await connection.released.wait()
        connection.released = None
        connection.last_used_ms = self._clock.now()

    async def _wait(self, connection: Connection, later: Later[Answer | None]) -> bool:
        """The request's answer is owed now; False when the client hung up while it waited."""
        assert connection.waiting is not None
        connection.last_used_ms = math.inf
        self._watch(connection)
        with connection.waiting as waiting:
            connection.owed += await later.wait() or []
        hung_up = waiting.cancelled_caught
        connection.waiting = connection.later = None
        connection.unfinished = len(connection.inbox) > 0
        connection.last_used_ms = self._clock.now()
        return not hung_up

    # The end

    async def keep_time(self) -> None:
        """See to requests that wait without a task.  Never returns."""
        await self._parking.run()

    async def close_idle(self) -> None:
        """Close whoever did nothing for `connections.max.idle.ms`.  Never returns."""
        max_idle_ms = self._limits.connections_max_idle_ms
        if max_idle_ms < 0:
            await trio.sleep_forever()
        while True:
            await trio.sleep(max(_SWEEPS_APART_MS, min(_SWEEP_MS, max_idle_ms)) / 1000)
            oldest = self._clock.now() - max_idle_ms
            for connection in [each for each in self.connections if each.last_used_ms <= oldest]:
                self._close(connection, None)

    async def drain(self) -> None:
        """Answer what has arrived, let what is under way end within the grace period, and close all connections."""
        self._take_no_more()
        for connection in list(self.connections):
            if connection.state is State.RESTING:
                if connection.unfinished or self._receive_and_answer(connection):
                    self._send(connection)
                if (connection.unfinished or connection.promised) and connection.state is State.RESTING:
                    self._leave(connection)
            if connection.state in (State.RESTING, State.IN_LINE):
                self._close(connection, None)
        if self.connections:
            self._emptied = trio.Event()
            with trio.move_on_after(self._limits.shutdown_grace_ms / 1000):
                await self._emptied.wait()
        self.close_all()

    def close_all(self) -> None:
        """Close every connection, whatever is under way."""
        self._take_no_more()
        for connection in list(self.connections):
            self._close(connection, None)

    def _take_no_more(self) -> None:
        self._draining = True
        self._budget.dismiss_line()
