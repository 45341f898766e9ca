"""Frames in, answers out, over real sockets and in both loops."""

from __future__ import annotations

import os
import struct

import pytest
import trio
from conftest import framed

from pykbroker.runtime.later import Later
from pykbroker.storage.slice import FileSlice


class OnDisk:
    """A file as a FileSlice needs it."""

    def __init__(self, path, content: bytes) -> None:
        path.write_bytes(content)
        self._descriptor = os.open(path, os.O_RDONLY)

    def fileno(self) -> int:
        return self._descriptor

    def read_at(self, position: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, position)


async def test_pipelined_requests_are_answered_in_their_order(start, nursery):
    peer = await (await start()).connect()
    requests = [b"%040d" % number for number in range(5_000)]
    nursery.start_soon(peer.send, *requests)
    assert [await peer.receive() for _ in requests] == requests


async def test_a_frame_that_comes_byte_by_byte_is_answered(start):
    peer = await (await start()).connect()
    for byte in framed(b"slow") + framed(b"slower"):
        await peer.stream.send_all(bytes([byte]))
        await trio.testing.wait_all_tasks_blocked()
    assert (await peer.receive(), await peer.receive()) == (b"slow", b"slower")


@pytest.mark.parametrize("nbytes", [0, 16 * 1024, 16 * 1024 + 1, 64 * 1024 - 4, 64 * 1024 - 3, 64 * 1024, 20 * 2**20])
async def test_frames_around_a_frame_of_any_size_are_answered(start, nursery, nbytes):
    peer = await (await start()).connect()
    sized = os.urandom(nbytes)
    nursery.start_soon(peer.send, b"before", sized, b"after")
    assert [await peer.receive() for _ in range(3)] == [b"before", sized, b"after"]


async def test_a_request_that_wants_no_answer_gets_none(start):
    peer = await (await start(lambda frame, client: None if frame == b"acks=0" else [framed(frame)])).connect()
    await peer.send(b"acks=0", b"acks=1")
    assert await peer.receive() == b"acks=1"


async def test_a_client_that_reads_slowly_gets_a_file_whole_and_what_follows_it(start, tmp_path):
    content = os.urandom(5_000_000)
    file = OnDisk(tmp_path / "0.log", content)

    def answer(frame, client):
        return [struct.pack(">i", 4_000_002), b"<", FileSlice(file, 1_000_000, 4_000_000), b">"]

    peer = await (await start(answer)).connect(receive_buffer_bytes=4096)
    await peer.send(b"fetch", b"fetch")
    for _ in range(2):
        assert await peer.receive() == b"<" + content[1_000_000:] + b">"


async def test_many_chunks_arrive_whole_and_in_order(start):
    chunks = [os.urandom(size) for size in range(0, 3_000)]
    peer = await (await start(lambda frame, client: [*chunks])).connect(receive_buffer_bytes=4096)
    await peer.send(b"?")
    expected = b"".join(chunks)
    assert await peer.receive_exactly(len(expected)) == expected


async def test_a_file_shorter_than_promised_closes_the_connection(start, tmp_path, caplog):
    file = OnDisk(tmp_path / "0.log", b"short")
    peer = await (await start(lambda frame, client: [framed(b"")[:4], FileSlice(file, 0, 100)])).connect()
    await peer.send(b"?")
    with pytest.raises(EOFError):
        await peer.receive_exactly(4 + 100)
    assert "should have" in caplog.text


async def test_a_client_that_does_not_read_its_answers_is_not_read_from(start):
    answered = 0

    def answer(frame, client):
        nonlocal answered
        answered += 1
        return [bytes(100_000)]

    served = await start(answer)
    peer = await served.connect(receive_buffer_bytes=4096)
    await peer.send(*[b"?"] * 1_000)
    await trio.testing.wait_all_tasks_blocked(0.05)
    assert 0 < answered < 200
    (connection,) = served.serving.connections
    assert sum(map(len, connection.owed)) < 1_000_000
    assert not connection.watched


@pytest.mark.parametrize("first", [b"now", b"later"])
async def test_a_client_that_pipelines_much_is_not_answered_all_of_it_before_the_others(start, first):
    order = []

    async def wait():
        return [framed(b"")]

    def answer(frame, client):
        order.append(bytes(frame))
        return Later(wait) if frame == b"later" else [framed(b"")]

    served = await start(answer)
    greedy, modest = await served.connect(), await served.connect()
    await served.until(lambda: len(served.serving.connections) == 2)
    greedy.sock._sock.send(framed(first) + framed(b"me") * 2_000)
    await greedy.receive()
    modest.sock._sock.send(framed(b"and me"))
    await modest.receive()
    await greedy.receive_exactly(4 * 2_000)
    assert order.index(b"and me") < 1_000


class Turns(trio.abc.Instrument):
    """The most requests that were answered before anybody else had a turn."""

    def __init__(self) -> None:
        self.answered = self.before = self.most = 0

    def before_task_step(self, task) -> None:
        self.before = self.answered

    def after_task_step(self, task) -> None:
        self.most = max(self.most, self.answered - self.before)

    def answer(self, frame, client):
        self.answered += 1
        return [framed(b"")]


async def test_no_connection_has_more_than_64_requests_answered_in_one_turn(start, nursery):
    turns = Turns()
    peer = await (await start(turns.answer)).connect()
    trio.lowlevel.add_instrument(turns)
    nursery.start_soon(peer.send, *[bytes(16)] * 20_000)
    await peer.receive_exactly(4 * 20_000)
    assert turns.most == 64


async def test_a_client_that_pipelines_without_end_leaves_room_for_the_others(start, nursery):
    served = await start()
    greedy, modest = await served.connect(), await served.connect()

    async def flood():
        while True:
            await greedy.send(*[b"me"] * 1_000)

    async def drink():
        while True:
            await greedy.receive_exactly(6)

    nursery.start_soon(flood)
    nursery.start_soon(drink)
    with trio.fail_after(1):
        for _ in range(20):
            assert await modest.ask(b"and me") == b"and me"


async def test_the_client_is_described_as_kafka_describes_it(start):
    clients = []
    served = await start(lambda frame, client: clients.append(client) or [framed(b"")])
    peer = await served.connect()
    await peer.ask(b"?")
    (client,) = clients
    assert (client.host, client.port, client.listener_name) == ("/127.0.0.1", peer.port, "PLAINTEXT")
    assert client.local == ("127.0.0.1", served.listener.port)
    assert client.principal == "User:ANONYMOUS"
