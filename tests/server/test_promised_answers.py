"""Answers that wait for the disk: what is behind them is decided meanwhile, and all leave in order."""

import trio
from conftest import Kept, framed
from pykbroker_protocol.errors import Malformed

from pykbroker.runtime.later import Later, Promised


class Disk:
    """Keeps what it is asked to when the test says so."""

    def __init__(self):
        self.decided, self.open = [], []

    def answer(self, frame, client):
        payload = bytes(frame)
        self.decided.append(payload)
        if payload.startswith(b"write"):
            pledge = Kept()
            self.open.append(pledge)
            return Promised([pledge], lambda: [framed(payload)])
        if payload == b"wait":
            return Later(self.waited)
        if payload == b"garbage":
            raise Malformed("garbage")
        return [framed(payload)]

    async def waited(self):
        return [framed(b"waited")]

    def sync(self, number=0):
        self.open.pop(number).keep()


async def test_requests_behind_a_promise_are_decided_at_once_and_answered_in_order(start):
    disk = Disk()
    served = await start(disk.answer)
    peer = await served.connect()
    await peer.send(b"write 1", b"read", b"write 2")
    await served.until(lambda: len(disk.decided) == 3)
    await peer.send(b"read again")
    await served.until(lambda: len(disk.decided) == 4)
    disk.sync(1)  # the second is on disk, and has to wait for the first
    await trio.testing.wait_all_tasks_blocked()
    disk.sync()
    assert [await peer.receive() for _ in range(4)] == [b"write 1", b"read", b"write 2", b"read again"]
    assert await peer.ask(b"rested") == b"rested"


async def test_a_request_that_waits_begins_when_the_promises_before_it_are_kept(start):
    disk = Disk()
    served = await start(disk.answer)
    peer = await served.connect()
    await peer.send(b"write", b"wait", b"after")
    await served.until(lambda: b"wait" in disk.decided)
    disk.sync()
    assert [await peer.receive() for _ in range(3)] == [b"write", b"waited", b"after"]


async def test_what_was_promised_is_answered_before_a_connection_is_closed_for_garbage(start):
    disk = Disk()
    served = await start(disk.answer)
    peer = await served.connect()
    await peer.send(b"write", b"garbage")
    await served.until(lambda: b"garbage" in disk.decided)
    disk.sync()
    assert await peer.receive() == b"write"
    assert await peer.is_closed()


async def test_a_client_that_hangs_up_leaves_nothing_behind(start):
    disk = Disk()
    served = await start(disk.answer)
    peer = await served.connect()
    await peer.send(b"write")
    await served.until(lambda: disk.open)
    await peer.stream.aclose()
    await served.until(lambda: not served.serving.connections)
    disk.sync()
    assert await (await served.connect()).ask(b"hello") == b"hello"


async def test_a_client_is_not_read_from_while_too_many_of_its_answers_wait(start):
    disk = Disk()
    served = await start(disk.answer)
    peer = await served.connect()
    requests = [b"write %d" % number for number in range(1000)]
    await peer.send(*requests)
    await served.until(lambda: len(disk.decided) > 128)
    await trio.testing.wait_all_tasks_blocked()
    assert len(disk.decided) < 256
    received = []
    async with trio.open_nursery() as syncing:

        async def keep_all():
            while len(received) < len(requests):
                while disk.open:
                    disk.sync()
                await trio.lowlevel.checkpoint()

        syncing.start_soon(keep_all)
        while len(received) < len(requests):
            received.append(await peer.receive())
    assert received == requests


async def test_a_shutdown_answers_what_was_promised(start, nursery):
    disk = Disk()
    served = await start(disk.answer, shutdown_grace_ms=5_000)
    peer = await served.connect()
    await peer.send(b"write")
    await served.until(lambda: disk.open)
    nursery.start_soon(served.serving.drain)
    await trio.testing.wait_all_tasks_blocked()
    disk.sync()
    assert await peer.receive() == b"write"
