"""Bytes in, frames out, without a socket."""

from __future__ import annotations

import pytest
from conftest import framed
from hypothesis import given
from hypothesis import strategies as st

from pykbroker.server.framing import SHARED_BYTES, SMALL_FRAME_BYTES, Inbox


def frames_of(stream: bytes, pieces: list[int]) -> list[bytes]:
    """The frames of `stream` when it arrives in `pieces`, in turns that share their buffer with other connections."""
    shared, inbox, frames, position = memoryview(bytearray(SHARED_BYTES)), Inbox(10**6), [], 0
    while position < len(stream):
        room = inbox.room(shared)
        nbytes = min(len(room), pieces[len(frames) % len(pieces)], len(stream) - position)
        room[:nbytes] = stream[position : position + nbytes]
        position += nbytes
        inbox.received(nbytes)
        while (frame := inbox.next_frame()) is not None:
            frames.append(bytes(frame))
        inbox.keep()
        if inbox.wanted_bytes:
            inbox.grant(bytearray(inbox.wanted_bytes))
        shared[:] = b"\xee" * len(shared)
    return frames


@given(
    sizes=st.lists(st.one_of(st.integers(0, 40), st.integers(0, 200_000)), max_size=8),
    pieces=st.lists(st.integers(1, 100_000), min_size=1, max_size=5),
)
def test_frames_come_out_as_they_went_in_however_they_are_cut(sizes, pieces):
    payloads = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    pieces = [max(piece, sum(sizes) // 2_000) for piece in pieces]
    assert frames_of(b"".join(map(framed, payloads)), pieces) == payloads


@pytest.mark.parametrize("nbytes", [0, 1, 100, SMALL_FRAME_BYTES])
def test_an_idle_connection_holds_no_more_than_what_it_has_not_answered(nbytes):
    shared, inbox = memoryview(bytearray(SHARED_BYTES)), Inbox(10**6)
    inbox.room(shared)[: 10 + nbytes] = framed(b"answer") + framed(bytes(SMALL_FRAME_BYTES))[:nbytes]
    inbox.received(10 + nbytes)
    assert inbox.next_frame() == b"answer"
    assert inbox.next_frame() is None
    inbox.keep()
    assert len(inbox) == inbox._view.nbytes == nbytes


def test_a_frame_that_arrives_whole_is_not_copied():
    shared, inbox = memoryview(bytearray(SHARED_BYTES)), Inbox(10**6)
    inbox.room(shared)[:9] = framed(b"whole")
    inbox.received(9)
    assert inbox.next_frame().obj is shared.obj
