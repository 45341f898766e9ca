"""A server on loopback, in both of its loops, and clients that speak frames to it over real sockets."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator, Callable

import pytest
import trio

from pykbroker.runtime.clock import Clock
from pykbroker.server import usual_turn
from pykbroker.server.admission import Admission
from pykbroker.server.at_rest import AtRest
from pykbroker.server.contract import Answer, AnswerFunction
from pykbroker.server.limits import Limits
from pykbroker.server.listener import Listener, bind
from pykbroker.server.serve import serve
from pykbroker.server.serving import Serving
from pykbroker.server.task_each import TaskEach

PATIENCE_S = 5


def framed(payload: bytes) -> bytes:
    return struct.pack(">i", len(payload)) + payload


def echo(frame: memoryview, client: object) -> Answer:
    return [framed(bytes(frame))]


class Kept:
    """A pledge that is kept when the test says so."""

    def __init__(self):
        self.is_settled, self.callbacks = False, []

    def when_settled(self, callback):
        self.callbacks.append(callback)

    def check(self):
        pass

    def keep(self):
        self.is_settled = True
        for callback in self.callbacks:
            callback()


class Peer:
    """A client's end of a connection."""

    def __init__(self, sock: trio.socket.SocketType) -> None:
        self.sock = sock
        self.stream = trio.SocketStream(sock)

    @property
    def port(self) -> int:
        return self.sock.getsockname()[1]

    async def send(self, *payloads: bytes) -> None:
        await self.stream.send_all(b"".join(map(framed, payloads)))

    async def receive_exactly(self, nbytes: int) -> bytes:
        received = bytearray()
        with trio.fail_after(PATIENCE_S):
            while len(received) < nbytes:
                part = await self.stream.receive_some(nbytes - len(received))
                if not part:
                    raise EOFError
                received += part
        return bytes(received)

    async def receive(self) -> bytes:
        (size,) = struct.unpack(">i", await self.receive_exactly(4))
        return await self.receive_exactly(size)

    async def ask(self, payload: bytes) -> bytes:
        await self.send(payload)
        return await self.receive()

    async def is_closed(self) -> bool:
        """Waits until the broker has hung up; False if it sends something instead."""
        with trio.fail_after(PATIENCE_S):
            try:
                return await self.stream.receive_some() == b""
            except trio.BrokenResourceError:
                return True


class Served:
    """A running server."""

    def __init__(self, listener: Listener, serving: Serving, tasks: trio.Nursery) -> None:
        self.listener = listener
        self.serving = serving
        self.tasks = tasks
        self.ended = trio.Event()

    async def connect(self, *, receive_buffer_bytes: int | None = None) -> Peer:
        sock = trio.socket.socket()
        if receive_buffer_bytes is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        await sock.connect(("127.0.0.1", self.listener.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Peer(sock)

    async def until(self, condition: Callable[[], bool]) -> None:
        with trio.fail_after(PATIENCE_S):
            while not condition():
                await trio.lowlevel.checkpoint()


@pytest.fixture(params=["AtRest", "AtRest in Python", "TaskEach"])
def loop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Serving]:
    if request.param != "AtRest":  # systems with the other loop have no compiled turn either
        monkeypatch.setattr(usual_turn, "receive", lambda connections, *_: ([], [(each, None) for each in connections]))
        monkeypatch.setattr(usual_turn, "send", lambda connections: connections)
    return TaskEach if request.param == "TaskEach" else AtRest


@pytest.fixture
async def start(loop: type[Serving], nursery: trio.Nursery) -> AsyncIterator[Callable[..., Served]]:
    async def starting(
        answer: AnswerFunction = echo, *, signals: tuple = (), admission: Admission | None = None, **limits: int
    ) -> Served:
        listener = bind("PLAINTEXT", "127.0.0.1", 0)

        async def run(*, task_status: trio.TaskStatus) -> None:
            async with trio.open_nursery() as tasks:
                serving = await tasks.start(
                    lambda task_status: serve(
                        [listener],
                        answer,
                        limits=Limits(**limits),
                        clock=Clock(),
                        admission=admission,
                        signals=signals,
                        loop=loop,
                        task_status=task_status,
                    )
                )
                served = Served(listener, serving, tasks)
                task_status.started(served)
            served.ended.set()

        return await nursery.start(run)

    yield starting
    nursery.cancel_scope.cancel()
