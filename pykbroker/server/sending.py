"""What a socket takes of the chunks that are owed to it, without waiting.

A file's bytes go from the page cache to the socket (`sendfile`); where the system has no such call they are read.
"""

from __future__ import annotations

import os
import socket

from pykbroker.server.contract import Answer
from pykbroker.storage.slice import FileSlice

# No connection gets more of a file than this in one turn, however fast its client reads.
_FILE_BYTES_A_TURN = 1 << 20
_CHUNKS_A_CALL = 256  # POSIX lets a system stop at 1,024
# The head of a response and the file behind it share a packet.  Elsewhere they are two packets.
_MORE = getattr(socket, "MSG_MORE", 0)


def send_owed(sock: socket.socket, owed: Answer) -> bool:
    """Whether all of `owed` has gone out; what has not stays in it.

    Raises:
        OSError: the client is gone.
        EOFError: a file is shorter than the slice of it.
    """
    file_bytes = _FILE_BYTES_A_TURN
    try:
        while owed:
            chunk = owed[0]
            if isinstance(chunk, FileSlice):
                if file_bytes <= 0:
                    return False
                sent = _send_file(sock, chunk, file_bytes)
                file_bytes -= sent
                if sent == chunk.length:
                    del owed[0]
                else:
                    owed[0] = chunk._replace(position=chunk.position + sent, length=chunk.length - sent)
            elif len(owed) == 1:
                sent = sock.send(chunk)
                if sent == len(chunk):
                    owed.clear()
                    return True
                owed[0] = memoryview(chunk)[sent:]
                return False
            elif not _send_run(sock, owed):
                return False
    except (BlockingIOError, InterruptedError):
        return False
    return True


def _send_run(sock: socket.socket, owed: Answer) -> bool:
    """Send the chunks before the first FileSlice; whether they went out whole."""
    run: list[bytes | bytearray | memoryview] = []
    flags = 0
    for chunk in owed:
        if isinstance(chunk, FileSlice):
            flags = _MORE
            break
        if len(run) == _CHUNKS_A_CALL:
            break
        run.append(chunk)
    sent = _send_all_of(sock, run, flags)
    if sent == sum(map(len, run)):
        del owed[: len(run)]
        return True
    for position, chunk in enumerate(run):
        if sent < len(chunk):
            owed[:position] = []
            owed[0] = memoryview(chunk)[sent:]
            return False
        sent -= len(chunk)
    raise AssertionError("more bytes went out than were owed")


def _send_file(sock: socket.socket, part: FileSlice, at_most: int) -> int:
    if not part.length:
        return 0
    sent = _send_part(sock, part._replace(length=min(part.length, at_most)))
    if not sent:
        raise EOFError(f"no byte {part.position} in a file that should have {part.length} more")
    return sent


def _gather(sock: socket.socket, run: list[bytes | bytearray | memoryview], flags: int) -> int:
    return sock.sendmsg(run, [], flags)


def _join(sock: socket.socket, run: list[bytes | bytearray | memoryview], flags: int) -> int:
    return sock.send(b"".join(run), flags)


def _from_page_cache(sock: socket.socket, part: FileSlice) -> int:
    return os.sendfile(sock.fileno(), part.file.fileno(), part.position, part.length)


def _read(sock: socket.socket, part: FileSlice) -> int:
    return sock.send(part.read())


# Windows has neither call.
_send_all_of = _gather if hasattr(socket.socket, "sendmsg") else _join
_send_part = _from_page_cache if hasattr(os, "sendfile") else _read
