"""The bound on what unfinished requests hold together."""

from __future__ import annotations

import os
import random
import socket
import struct

import trio
from conftest import echo, framed

from pykbroker.runtime.later import Later
from pykbroker.server.memory import MemoryBudget


def test_who_does_not_fit_waits_and_nobody_overtakes():
    budget, admitted = MemoryBudget(100), []
    assert budget.take(60, "a", lambda: None)
    assert not budget.take(50, "b", lambda: admitted.append("b"))
    assert not budget.take(10, "c", lambda: admitted.append("c"))
    budget.give_back(60)
    assert admitted == ["b", "c"]
    assert budget.held_bytes == 60


def test_one_over_the_whole_limit_is_let_in_when_nothing_else_is_held():
    budget, admitted = MemoryBudget(100), []
    assert budget.take(1, "small", lambda: None)
    assert not budget.take(1_000, "huge", lambda: admitted.append("huge"))
    budget.give_back(1)
    assert (admitted, budget.held_bytes) == (["huge"], 1_000)


def test_who_leaves_the_line_lets_those_behind_through():
    budget, admitted = MemoryBudget(100), []
    budget.take(60, "a", lambda: None)
    budget.take(100, "b", lambda: admitted.append("b"))
    budget.take(40, "c", lambda: admitted.append("c"))
    budget.leave_line("b")
    assert (admitted, budget.held_bytes) == (["c"], 100)


def test_without_a_limit_everybody_is_let_in():
    budget = MemoryBudget(-1)
    assert all(budget.take(2**30, who, lambda: None) for who in range(100))


async def test_unfinished_requests_never_hold_more_than_the_limit(start, nursery):
    served = await start(queued_max_request_bytes=300_000)
    peers = [await served.connect() for _ in range(10)]
    for peer in peers:
        nursery.start_soon(peer.stream.send_all, struct.pack(">i", 100_000) + bytes(90_000))
    await trio.testing.wait_all_tasks_blocked(0.05)
    held = [each.held_bytes for each in served.serving.connections]
    assert sorted(held) == [0] * 7 + [100_000] * 3
    assert sum(len(each.inbox) for each in served.serving.connections) < 300_000 + 7 * 64 * 1024


async def test_all_requests_are_answered_though_few_fit_at_a_time(start, nursery):
    served = await start(queued_max_request_bytes=300_000)
    dice = random.Random(1)
    done = []

    async def client() -> None:
        peer = await served.connect()
        for _ in range(5):
            request = os.urandom(dice.choice([10, 20_000, 100_000, 299_999, 700_000]))
            assert await peer.ask(request) == request
        done.append(peer)

    async with trio.open_nursery() as clients:
        for _ in range(10):
            clients.start_soon(client)
    assert len(done) == 10


async def test_a_client_that_leaves_gives_its_memory_to_the_next(start):
    served = await start(queued_max_request_bytes=100_000)
    first, second = await served.connect(), await served.connect()
    await first.stream.send_all(struct.pack(">i", 90_000) + bytes(20_000))
    await served.until(lambda: any(each.held_bytes for each in served.serving.connections))
    await second.send(bytes(90_000))
    await trio.testing.wait_all_tasks_blocked(0.02)
    await first.stream.aclose()
    assert await second.receive() == bytes(90_000)


async def test_a_client_that_leaves_while_it_is_in_line_is_given_nothing(start):
    served = await start(
        lambda frame, client: [bytes(250_000)] if frame == b"much" else echo(frame, client),
        queued_max_request_bytes=100_000,
    )
    first, second, third = [await served.connect(receive_buffer_bytes=4096) for _ in range(3)]
    await first.stream.send_all(struct.pack(">i", 90_000) + bytes(20_000))
    await served.until(lambda: len(served.serving.connections) == 3)
    await served.until(lambda: any(each.held_bytes for each in served.serving.connections))
    for connection in served.serving.connections:
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    await second.stream.send_all(framed(b"much") + struct.pack(">i", 90_000) + bytes(100))
    await trio.testing.wait_all_tasks_blocked(0.02)
    await second.stream.aclose()
    await served.until(lambda: len(served.serving.connections) == 2)
    await first.stream.aclose()
    await third.send(bytes(90_000))
    assert await third.receive() == bytes(90_000)


async def test_a_large_request_behind_one_that_waits_gets_in_line_with_all_that_was_read_of_it(start):
    release = trio.Event()

    async def wait():
        await release.wait()
        return [framed(b"waited")]

    served = await start(
        lambda frame, client: Later(wait) if frame == b"wait" else echo(frame, client), queued_max_request_bytes=100_000
    )
    first, second = await served.connect(), await served.connect()
    await first.stream.send_all(struct.pack(">i", 90_000) + bytes(20_000))
    await served.until(lambda: any(each.held_bytes for each in served.serving.connections))
    await second.send(b"wait", bytes(90_000))
    await trio.testing.wait_all_tasks_blocked(0.02)
    release.set()
    assert await second.receive() == b"waited"
    await trio.testing.wait_all_tasks_blocked(0.02)
    await first.stream.aclose()
    assert await second.receive() == bytes(90_000)


async def test_a_server_that_ends_lets_nobody_in_from_the_line_however_long_it_is(start):
    served = await start(queued_max_request_bytes=100_000)
    peers = [await served.connect() for _ in range(400)]
    for peer in peers:
        await peer.stream.send_all(struct.pack(">i", 90_000) + bytes(10))
    await trio.testing.wait_all_tasks_blocked(0.02)
    served.tasks.cancel_scope.cancel()
    for peer in peers:
        assert await peer.is_closed()


async def test_small_requests_are_served_while_large_ones_wait_for_room(start):
    served = await start(queued_max_request_bytes=100_000)
    first, second, small = [await served.connect() for _ in range(3)]
    await first.stream.send_all(struct.pack(">i", 90_000) + bytes(20_000))
    await second.stream.send_all(struct.pack(">i", 90_000) + bytes(20_000))
    await trio.testing.wait_all_tasks_blocked(0.02)
    assert await small.ask(b"hello") == b"hello"


async def test_a_request_that_the_machine_has_no_memory_for_closes_its_connection_only(start, caplog, monkeypatch):
    served = await start()
    huge, small = await served.connect(), await served.connect()

    def no_memory(nbytes):
        raise MemoryError

    monkeypatch.setattr("pykbroker.server.usual_turn.buffer", no_memory)
    await huge.stream.send_all(struct.pack(">i", 50_000_000) + bytes(10))
    assert await huge.is_closed()
    assert "no memory for a request of 50000000 bytes" in caplog.text
    assert await small.ask(b"hello") == b"hello"
