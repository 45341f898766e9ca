"""Clients that do not speak Kafka, and bugs: one connection closes with one line, the others live on."""

from __future__ import annotations

import logging
import struct

import pytest
from conftest import echo, framed
from pykbroker_protocol.errors import Malformed

from pykbroker.handlers.replies import Hangup
from pykbroker.server import usual_turn
from pykbroker.server.framing import Inbox


def lines(caplog):
    return [each for each in caplog.records if each.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "garbage",
    [struct.pack(">i", -1), struct.pack(">i", -(2**31)), struct.pack(">i", 1_000_001), b"GET / HTTP/1.1\r\n\r\n"],
)
async def test_a_size_that_cannot_be_closes_the_connection_with_one_line(start, caplog, garbage):
    served = await start(socket_request_max_bytes=1_000_000)
    good, bad = await served.connect(), await served.connect()
    await bad.stream.send_all(framed(b"fine so far") + garbage)
    assert await bad.receive() == b"fine so far"
    assert await bad.is_closed()
    (line,) = lines(caplog)
    assert f"127.0.0.1:{bad.port}" in line.message
    assert "socket.request.max.bytes" in line.message
    assert await good.ask(b"still here") == b"still here"


@pytest.mark.parametrize("fault", [Malformed("no such key"), Hangup("refused, and acks=0")])
async def test_a_fault_of_the_client_closes_the_connection_behind_the_answers_before_it(start, caplog, fault):
    def answer(frame, client):
        if frame == b"bad":
            raise fault
        return echo(frame, client)

    peer = await (await start(answer)).connect()
    await peer.send(b"good", b"bad", b"never read")
    assert await peer.receive() == b"good"
    assert await peer.is_closed()
    (line,) = lines(caplog)
    assert str(fault) in line.message
    assert line.exc_info is None


async def test_a_bug_closes_the_connection_with_its_traceback_and_the_others_live_on(start, caplog):
    def answer(frame, client):
        return [framed(frame)] if frame == b"good" else 1 / 0

    served = await start(answer)
    good, bad = await served.connect(), await served.connect()
    await bad.send(b"bad")
    assert await bad.is_closed()
    (line,) = lines(caplog)
    assert isinstance(line.exc_info[1], ZeroDivisionError)
    assert await good.ask(b"good") == b"good"


async def test_a_bug_of_the_loop_itself_costs_one_connection_only(start, caplog, monkeypatch):
    def received(inbox, nbytes):
        return 1 / 0 if nbytes == 4 + 7 else original(inbox, nbytes)

    original = Inbox.received
    monkeypatch.setattr(Inbox, "received", received)
    monkeypatch.setattr(usual_turn, "receive", lambda connections, *_: ([], [(each, None) for each in connections]))
    served = await start()
    good, bad = await served.connect(), await served.connect()
    await bad.send(b"7 bytes")
    assert await bad.is_closed()
    (line,) = lines(caplog)
    assert isinstance(line.exc_info[1], ZeroDivisionError)
    assert await good.ask(b"hello") == b"hello"


@pytest.mark.parametrize("sent", [b"", b"\0", b"\0\0\0\x05half", struct.pack(">i", 500_000) + bytes(1_000)])
async def test_a_client_that_leaves_in_the_middle_is_no_news(start, caplog, sent):
    served = await start()
    peer = await served.connect()
    await served.until(lambda: len(served.serving.connections) == 1)
    await peer.stream.send_all(sent)
    await peer.stream.aclose()
    await served.until(lambda: not served.serving.connections)
    assert lines(caplog) == []
