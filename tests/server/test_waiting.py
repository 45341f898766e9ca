"""Requests that wait: what stands behind them, and what becomes of them when the client goes."""

from __future__ import annotations

import socket

import trio
from conftest import echo, framed

from pykbroker.runtime.later import Later


class Parking:
    """Answers a request that starts with `wait` when `release` is set; echoes the others."""

    def __init__(self) -> None:
        self.release = trio.Event()
        self.parked = 0

    def __call__(self, frame, client):
        if not bytes(frame).startswith(b"wait"):
            return echo(frame, client)
        name = bytes(frame)

        async def wait():
            self.parked += 1
            try:
                await self.release.wait()
            finally:
                self.parked -= 1
            return [framed(name)]

        return Later(wait)


async def test_what_is_pipelined_behind_a_request_that_waits_is_answered_after_it(start):
    parking = Parking()
    served = await start(parking)
    peer = await served.connect()
    await peer.send(b"first", b"wait 1", b"behind 1", b"wait 2", b"behind 2")
    assert await peer.receive() == b"first"
    await served.until(lambda: parking.parked == 1)
    await peer.send(b"sent while it waits")
    parking.release.set()
    rest = [await peer.receive() for _ in range(5)]
    assert rest == [b"wait 1", b"behind 1", b"wait 2", b"behind 2", b"sent while it waits"]
    assert await peer.ask(b"at rest again") == b"at rest again"


async def test_a_request_that_waits_keeps_no_other_client_waiting(start):
    parking = Parking()
    served = await start(parking)
    parked, other = await served.connect(), await served.connect()
    await parked.send(b"wait")
    await served.until(lambda: parking.parked == 1)
    assert await other.ask(b"hello") == b"hello"


async def test_a_client_that_hangs_up_while_its_request_waits_ends_the_wait(start):
    parking = Parking()
    served = await start(parking)
    peer = await served.connect()
    await peer.send(b"wait", b"read ahead")
    await served.until(lambda: parking.parked == 1)
    await peer.stream.aclose()
    await served.until(lambda: parking.parked == 0 and not served.serving.connections)


async def test_a_hang_up_is_noticed_when_it_comes_with_the_request_that_waits(start):
    parking = Parking()
    served = await start(parking)
    peer = await served.connect()
    await peer.send(b"wait")
    await peer.stream.aclose()
    await served.until(lambda: bool(served.serving.connections))
    await served.until(lambda: parking.parked == 0 and not served.serving.connections)


async def test_who_stops_sending_right_after_a_wait_still_gets_what_was_asked_for(start):
    parking = Parking()

    def answer(frame, client):
        if frame == b"behind":
            peer.sock._sock.shutdown(socket.SHUT_WR)
        return parking(frame, client)

    peer = await (await start(answer)).connect()
    requests = [b"wait", *[b"behind"] * 300]
    await peer.send(*requests)
    parking.release.set()
    assert [await peer.receive() for _ in requests] == requests
    assert await peer.is_closed()


async def test_a_client_whose_request_waits_is_read_ahead_no_further_than_a_bound(start, nursery):
    parking = Parking()
    served = await start(parking)
    peer = await served.connect()
    await peer.send(b"wait")
    await served.until(lambda: parking.parked == 1)
    nursery.start_soon(peer.send, *[bytes(10_000)] * 2_000)
    await trio.testing.wait_all_tasks_blocked(0.05)
    (connection,) = served.serving.connections
    assert 0 < len(connection.inbox) <= 64 * 1024
    parking.release.set()
    assert await peer.receive() == b"wait"
    for _ in range(2_000):
        assert await peer.receive() == bytes(10_000)


async def test_a_wait_that_fails_closes_its_connection_with_a_traceback_in_the_log(start, caplog):
    async def wait():
        raise LookupError("a bug")

    peer = await (await start(lambda frame, client: Later(wait))).connect()
    await peer.send(b"?")
    assert await peer.is_closed()
    (line,) = [each for each in caplog.records if each.levelname != "INFO"]
    assert line.exc_info is not None


async def test_a_wait_may_end_without_an_answer(start):
    async def wait():
        return None

    answers = {b"none": Later(wait)}
    peer = await (await start(lambda frame, client: answers.get(bytes(frame)) or echo(frame, client))).connect()
    await peer.send(b"none", b"one")
    assert await peer.receive() == b"one"


async def test_what_came_of_a_frame_is_kept_whoever_is_read_in_the_same_round(start):
    parking = Parking()
    served = await start(parking)
    parked, cut, whole = [await served.connect() for _ in range(3)]
    await parked.send(b"wait")
    await served.until(lambda: parking.parked == 1)
    halves = framed(b"the frame that is cut")
    for peer, data in ((parked, framed(b"x" * 50)), (cut, framed(b"first") + halves[:15]), (whole, framed(b"y" * 50))):
        await peer.sock.send(data)  # all are there when the loop has its next turn
    assert await cut.receive() == b"first"
    assert await whole.receive() == b"y" * 50
    await cut.stream.send_all(halves[15:])
    assert await cut.receive() == b"the frame that is cut"
    parking.release.set()
    assert [await parked.receive() for _ in range(2)] == [b"wait", b"x" * 50]
