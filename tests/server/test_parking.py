"""Requests that wait without a task: for something to come in, or for their time to be up."""

from __future__ import annotations

import pytest
import trio
from conftest import PATIENCE_S, Kept, echo, framed
from pykbroker_protocol.errors import Malformed

from pykbroker.runtime.later import Later, Parked, Promised
from pykbroker.server.at_rest import AtRest


class Shelf:
    """`take` waits for something on it, `put` puts something there; the others are echoed."""

    def __init__(self, max_wait_ms: int = 60_000) -> None:
        self.max_wait_ms = max_wait_ms
        self.things: list[bytes] = []
        self.takers: list[Taker] = []
        self.looks = 0

    def __call__(self, frame, client):
        if frame == b"put":
            self.put(b"thing")
        if bytes(frame).startswith(b"take"):
            taker = Taker(self, bytes(frame))
            return Parked(taker, taker.finish)
        return echo(frame, client)

    def put(self, *things: bytes) -> None:
        self.things += things
        for taker in tuple(self.takers):
            taker.ripen()


class Taker:
    def __init__(self, shelf: Shelf, name: bytes) -> None:
        self.shelf, self.name, self.max_wait_ms = shelf, name, shelf.max_wait_ms
        self.callback, self.found = None, b"nothing"
        self.is_ripe = bool(shelf.things)
        shelf.takers.append(self)

    def ripen(self) -> None:
        if not self.is_ripe:
            self.is_ripe = True
            if self.callback:
                self.callback()

    def when_ripe(self, callback) -> None:
        self.callback = callback
        if self.is_ripe:
            callback()

    def look(self) -> bool:
        self.shelf.looks += 1
        self.is_ripe = False
        if self.shelf.things:
            self.found = self.shelf.things.pop(0)
            return True
        return False

    def leave(self) -> None:
        if self in self.shelf.takers:
            self.shelf.takers.remove(self)

    def finish(self):
        return [framed(self.name + b": " + self.found)]


async def parked(served, *peers, requests=(b"take",)):
    """Their requests wait."""
    for peer in peers:
        await peer.send(*requests)
    await served.until(lambda: len(served.serving._answer.takers) == len(peers))


@pytest.fixture
def shelf():
    return Shelf()


async def test_a_thousand_that_wait_have_no_task_and_no_wake_up(start, shelf, loop):
    served = await start(shelf)
    peers = [await served.connect() for _ in range(1_000)]
    await served.until(lambda: len(served.serving.connections) == len(peers))
    tasks = trio.lowlevel.current_statistics().tasks_living
    await parked(served, *peers)
    assert trio.lowlevel.current_statistics().tasks_living == tasks
    for peer in peers:
        await peer.stream.aclose()
    await served.until(lambda: not shelf.takers and not served.serving.connections)


async def test_what_comes_in_with_a_request_is_sent_to_who_waits_in_the_same_round(start, shelf, loop):
    served = await start(shelf)
    taking, putting = await served.connect(), await served.connect()
    await parked(served, taking)
    await putting.ask(b"put")
    if loop is AtRest:
        assert taking.sock._sock.recv(100) == framed(b"take: thing")
    else:
        assert await taking.receive() == b"take: thing"
    assert await taking.ask(b"at rest again") == b"at rest again"


async def test_what_comes_in_at_any_other_time_is_sent_to_who_waits(start, shelf):
    served = await start(shelf)
    peer = await served.connect()
    await parked(served, peer)
    shelf.put(b"thing")
    assert await peer.receive() == b"take: thing"


async def test_what_came_in_before_the_wait_began_is_sent_at_once(start, shelf):
    shelf.put(b"thing")
    peer = await (await start(shelf)).connect()
    assert await peer.ask(b"take") == b"take: thing"


async def test_who_looks_and_finds_nothing_waits_on(start, shelf):
    served = await start(shelf)
    first, second = await served.connect(), await served.connect()
    await parked(served, first, second)
    shelf.put(b"thing")
    assert await first.receive() == b"take: thing"
    await served.until(lambda: shelf.looks == 2)
    shelf.put(b"another")
    assert await second.receive() == b"take: another"


async def test_nothing_is_the_answer_when_the_time_is_up(start, shelf):
    shelf.max_wait_ms = 50
    peer = await (await start(shelf)).connect()
    for _ in range(2):
        before = trio.current_time()
        assert await peer.ask(b"take") == b"take: nothing"
        assert trio.current_time() - before >= 0.05
    assert not shelf.takers


async def test_who_waits_shorter_is_answered_before_who_waits_longer(start, shelf):
    served = await start(shelf)
    long, short = await served.connect(), await served.connect()
    await parked(served, long)
    shelf.max_wait_ms = 10
    assert await short.ask(b"take") == b"take: nothing"
    assert shelf.takers


async def test_each_request_of_a_connection_has_its_own_time(start, shelf):
    served = await start(shelf)
    peer = await served.connect()
    for max_wait_ms in (50, 200, 10, 10, 100):
        shelf.max_wait_ms = 60_000  # of one that is answered at once
        shelf.put(b"thing")
        assert await peer.ask(b"take") == b"take: thing"
        shelf.max_wait_ms, before = max_wait_ms, trio.current_time()
        assert await peer.ask(b"take") == b"take: nothing"
        assert max_wait_ms / 1000 <= trio.current_time() - before < PATIENCE_S


async def test_requests_that_were_answered_are_not_remembered_until_their_time_is_up(start, shelf):
    served = await start(shelf)
    peer = await served.connect()
    shelf.put(*[b"thing"] * 5_000)
    for _ in range(5_000 // 50):
        await peer.send(*[b"take"] * 50)
        for _ in range(50):
            await peer.receive()
        shelf.max_wait_ms -= 1
    assert len(served.serving._parking._alarms) <= 102


async def test_connections_that_are_gone_are_not_remembered_until_their_time_is_up(start, shelf):
    served = await start(shelf)
    for _ in range(12):
        peers = [await served.connect() for _ in range(100)]
        await parked(served, *peers)
        for peer in peers:
            await peer.stream.aclose()
        await served.until(lambda: not served.serving.connections)
    assert len(served.serving._parking._alarms) <= 1_024


async def test_what_is_pipelined_behind_one_that_waits_is_answered_after_it(start, shelf):
    served = await start(shelf)
    peer = await served.connect()
    await parked(served, peer, requests=[b"first", b"take 1", b"behind 1", b"take 2", b"behind 2"])
    assert await peer.receive() == b"first"
    await peer.send(b"sent while it waits")
    shelf.put(b"a", b"b")
    rest = [await peer.receive() for _ in range(5)]
    assert rest == [b"take 1: a", b"behind 1", b"take 2: b", b"behind 2", b"sent while it waits"]
    assert await peer.ask(b"at rest again") == b"at rest again"


async def test_who_waits_is_read_ahead_no_further_than_a_bound(start, shelf, nursery):
    served = await start(shelf)
    peer = await served.connect()
    await parked(served, peer)
    nursery.start_soon(peer.send, *[bytes(10_000)] * 2_000)
    await trio.testing.wait_all_tasks_blocked(0.05)
    (connection,) = served.serving.connections
    assert 0 < len(connection.inbox) <= 64 * 1024
    shelf.put(b"thing")
    assert await peer.receive() == b"take: thing"
    for _ in range(2_000):
        assert await peer.receive() == bytes(10_000)


async def test_a_client_that_hangs_up_waits_no_longer(start, shelf):
    served = await start(shelf)
    peer = await served.connect()
    await parked(served, peer, requests=[b"take", b"read ahead"])
    await peer.stream.aclose()
    await served.until(lambda: not shelf.takers and not served.serving.connections)
    shelf.put(b"thing")
    assert await (await served.connect()).ask(b"take") == b"take: thing"


@pytest.mark.parametrize("nbytes", [250_000, 5_000_000])
async def test_one_that_stands_behind_a_slow_answer_waits_when_that_has_gone_out(start, shelf, nbytes):
    def answer(frame, client):
        return [bytes(nbytes)] if frame == b"much" else shelf(frame, client)

    served = await start(answer)
    peer = await served.connect(receive_buffer_bytes=4096)
    await peer.send(b"much", b"take", b"behind")
    await trio.testing.wait_all_tasks_blocked(0.01)
    shelf.put(b"thing")
    await peer.receive_exactly(nbytes)
    assert (await peer.receive(), await peer.receive()) == (b"take: thing", b"behind")


async def test_one_that_stands_behind_a_promise_waits_when_that_is_kept(start, shelf):
    pledge = Kept()

    def answer(frame, client):
        return Promised([pledge], lambda: [framed(b"kept")]) if frame == b"write" else shelf(frame, client)

    served = await start(answer)
    peer = await served.connect()
    await peer.send(b"write", b"take", b"behind")
    await served.until(lambda: bool(shelf.takers))
    shelf.put(b"thing")
    await trio.testing.wait_all_tasks_blocked()
    assert shelf.things
    pledge.keep()
    assert [await peer.receive() for _ in range(3)] == [b"kept", b"take: thing", b"behind"]


async def _late():
    return [framed(b"late")]


@pytest.mark.parametrize(
    ("turns_out", "expected"),
    [(lambda: Later(_late), b"late"), (lambda: Promised([], lambda: [framed(b"kept")]), b"kept"), (None, b"take: b")],
    ids=["a wait with a task", "a promise", "another wait"],
)
async def test_one_may_turn_out_to_wait_for_something_else(start, shelf, turns_out, expected):
    def answer(frame, client):
        taken = shelf(frame, client)
        if frame != b"take":
            return taken
        return Parked(taken.watch, turns_out or (lambda: shelf(memoryview(b"take"), client)))

    served = await start(answer)
    peer = await served.connect()
    await peer.send(b"take", b"behind")
    await served.until(lambda: bool(shelf.takers))
    shelf.put(b"a", b"b")
    assert (await peer.receive(), await peer.receive()) == (expected, b"behind")


async def test_a_bug_closes_only_the_connection_that_waits(start, shelf, monkeypatch, caplog):
    served = await start(shelf)
    peer, other = await served.connect(), await served.connect()
    await parked(served, peer)
    monkeypatch.setattr(shelf.takers[0], "look", lambda: 1 / 0)
    shelf.put(b"thing")
    assert await peer.is_closed()
    assert await other.ask(b"hello") == b"hello"
    (line,) = [each for each in caplog.records if each.levelname != "INFO"]
    assert isinstance(line.exc_info[1], ZeroDivisionError)
    assert not shelf.takers


async def test_many_that_have_a_reason_at_once_keep_the_others_waiting_for_few_of_them(start, shelf):
    served = await start(shelf)
    peers, other = [await served.connect() for _ in range(500)], await served.connect()
    await parked(served, *peers)
    shelf.put(*[b"thing"] * len(peers))
    assert await other.ask(b"hello") == b"hello"
    assert len(shelf.takers) > 250
    for peer in peers:
        assert await peer.receive() == b"take: thing"


async def test_who_waits_is_not_idle(start, shelf):
    served = await start(shelf, connections_max_idle_ms=50)
    peer = await served.connect()
    await parked(served, peer)
    await trio.sleep(0.2)
    shelf.put(b"thing")
    assert await peer.receive() == b"take: thing"


async def test_a_shutdown_lets_the_wait_end_and_answers_what_is_behind_it(start, shelf, nursery):
    served = await start(shelf, shutdown_grace_ms=5_000)
    peer = await served.connect()
    await parked(served, peer, requests=[b"take", b"behind"])
    nursery.start_soon(served.serving.drain)
    await trio.testing.wait_all_tasks_blocked()
    shelf.put(b"thing")
    assert (await peer.receive(), await peer.receive()) == (b"take: thing", b"behind")
    assert await peer.is_closed()


async def test_a_shutdown_ends_waits_after_the_grace_period(start, shelf):
    served = await start(shelf, shutdown_grace_ms=50)
    peer = await served.connect()
    await parked(served, peer)
    await served.serving.drain()
    assert await peer.is_closed()
    assert not shelf.takers


async def test_a_wait_that_ends_as_garbage_closes_its_connection(start, shelf):
    def answer(frame, client):
        def finish():
            raise Malformed("garbage")

        return Parked(shelf(memoryview(b"take"), client).watch, finish)

    served = await start(answer)
    peer = await served.connect()
    await peer.send(b"?")
    await served.until(lambda: bool(shelf.takers))
    shelf.put(b"thing")
    assert await peer.is_closed()
