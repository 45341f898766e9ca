"""What is owed goes out in order, with the system's calls or without them."""

from __future__ import annotations

import os
import socket

import pytest

from pykbroker.server import sending
from pykbroker.server.sending import send_owed
from pykbroker.storage.slice import FileSlice


class OnDisk:
    def __init__(self, path, content: bytes) -> None:
        path.write_bytes(content)
        self._descriptor = os.open(path, os.O_RDONLY)

    def fileno(self) -> int:
        return self._descriptor

    def read_at(self, position: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, position)


@pytest.fixture(params=["linux", "windows"])
def ends(request, monkeypatch):
    if request.param == "windows":
        monkeypatch.setattr(sending, "_send_all_of", sending._join)
        monkeypatch.setattr(sending, "_send_part", sending._read)
        monkeypatch.setattr(sending, "_MORE", 0)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def test_chunks_and_files_go_out_in_order_however_little_the_socket_takes(ends, tmp_path):
    ours, theirs = ends
    content = os.urandom(3_000_000)
    file = OnDisk(tmp_path / "0.log", content)
    owed = [
        b"head",
        b"",
        bytearray(b"more"),
        FileSlice(file, 10, 2_500_000),
        FileSlice(file, 0, 0),
        b"a",
        memoryview(b"b"),
    ]
    owed += [content[:500_000], *[b"x"] * 1_000]
    received, done = b"", False
    while not done:
        done = send_owed(ours, owed)
        while part := _available(theirs):
            received += part
    assert owed == []
    assert received == b"headmore" + content[10:2_500_010] + b"ab" + content[:500_000] + b"x" * 1_000


def test_a_file_that_ends_early_is_an_error(ends, tmp_path):
    with pytest.raises(EOFError):
        send_owed(ends[0], [FileSlice(OnDisk(tmp_path / "0.log", b""), 0, 5)])


def test_no_connection_gets_more_than_a_bound_of_a_file_in_one_turn(ends, tmp_path):
    ours, _ = ends
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**23)
    owed = [FileSlice(OnDisk(tmp_path / "0.log", bytes(5_000_000)), 0, 5_000_000)]
    assert not send_owed(ours, owed)
    assert owed[0].position <= 2**20


def _available(sock: socket.socket) -> bytes:
    try:
        return sock.recv(1 << 20)
    except BlockingIOError:
        return b""
