"""SIGTERM: nobody new gets in, what is under way is answered, and the server ends."""

from __future__ import annotations

import signal

import pytest
import trio
from conftest import echo, framed

from pykbroker.runtime.later import Later


def parking(release: trio.Event):
    async def wait():
        await release.wait()
        return [framed(b"done")]

    return lambda frame, client: Later(wait) if frame == b"wait" else echo(frame, client)


async def ended(served) -> None:
    with trio.fail_after(5):
        await served.ended.wait()


async def test_what_is_under_way_is_answered_and_then_all_is_closed(start):
    release = trio.Event()
    served = await start(parking(release), signals=(signal.SIGTERM,))
    await (await served.connect()).stream.aclose()
    resting, waiting = await served.connect(), await served.connect()
    await served.until(lambda: len(served.serving.connections) == 2)
    assert await resting.ask(b"hello") == b"hello"
    await waiting.send(b"wait", b"behind it")
    await trio.testing.wait_all_tasks_blocked(0.02)
    signal.raise_signal(signal.SIGTERM)
    assert await resting.is_closed()
    with pytest.raises(OSError):
        await served.connect()
    release.set()
    assert (await waiting.receive(), await waiting.receive()) == (b"done", b"behind it")
    assert await waiting.is_closed()
    await ended(served)


async def test_a_large_answer_under_way_is_sent_whole(start):
    served = await start(lambda frame, client: [framed(bytes(20_000_000))], signals=(signal.SIGTERM,))
    peer = await served.connect(receive_buffer_bytes=4096)
    await peer.send(b"?")
    assert len(await peer.receive_exactly(1_000)) == 1_000
    signal.raise_signal(signal.SIGTERM)
    assert len(await peer.receive_exactly(20_000_004 - 1_000)) == 20_000_004 - 1_000
    await ended(served)


async def test_requests_that_arrived_before_the_signal_are_answered(start):
    served = await start(signals=(signal.SIGTERM,))
    peer = await served.connect()
    await served.until(lambda: bool(served.serving.connections))
    requests = [b"%d" % number for number in range(500)]
    await peer.send(*requests)
    signal.raise_signal(signal.SIGTERM)
    assert [await peer.receive() for _ in requests] == requests
    await ended(served)


async def test_a_signal_between_pipelined_requests_loses_none_of_those_that_were_read(start):
    release = trio.Event()
    release.set()
    parked = parking(release)

    def answer(frame, client):
        if frame == b"stop":
            signal.raise_signal(signal.SIGTERM)
        return parked(frame, client)

    served = await start(answer, signals=(signal.SIGTERM,))
    peer = await served.connect()
    requests = [b"stop", *[b"a"] * 300, b"wait", *[b"b"] * 300]
    await peer.send(*requests)
    assert [await peer.receive() for _ in requests] == [b"done" if each == b"wait" else each for each in requests]
    await ended(served)


async def test_a_wait_without_end_is_given_up_after_the_grace_period(start):
    served = await start(parking(trio.Event()), signals=(signal.SIGTERM,), shutdown_grace_ms=100)
    peer = await served.connect()
    await peer.send(b"wait")
    await trio.testing.wait_all_tasks_blocked(0.02)
    signal.raise_signal(signal.SIGTERM)
    assert await peer.is_closed()
    await ended(served)


async def test_a_second_signal_ends_it_at_once(start):
    served = await start(parking(trio.Event()), signals=(signal.SIGTERM, signal.SIGINT), shutdown_grace_ms=3_600_000)
    peer = await served.connect()
    await peer.send(b"wait")
    await trio.testing.wait_all_tasks_blocked(0.02)
    signal.raise_signal(signal.SIGTERM)
    await trio.testing.wait_all_tasks_blocked(0.02)
    signal.raise_signal(signal.SIGINT)
    await ended(served)
    assert await peer.is_closed()


async def test_a_server_that_is_cancelled_leaves_no_socket_open(start):
    served = await start(parking(trio.Event()))
    resting, waiting = await served.connect(), await served.connect()
    await waiting.send(b"wait")
    assert await resting.ask(b"hello") == b"hello"
    served.tasks.cancel_scope.cancel()
    assert await resting.is_closed()
    assert await waiting.is_closed()
    with pytest.raises(OSError):
        await served.connect()
