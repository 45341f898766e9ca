"""GET /metrics: as little of HTTP/1.1 as a scrape takes.  One request a connection; h11 reads and writes the protocol.

What a stranger can make it hold is bounded: connections at once, the bytes of a request, the time that each may take.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from functools import partial

import h11
import trio

from pykbroker.handlers.client import Client
from pykbroker.server.listener import Listener

PATH = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_CONNECTIONS = 16
_MOST_REQUEST_BYTES = 16 * 1024
_REQUEST_WITHIN_S = 10
_ANSWER_WITHIN_S = 60
_HANGUP_WITHIN_S = 1
_READ_BYTES = 4096

Pieces = Callable[[], Iterator[str]]
"""Begins the text anew; clients of the broker have their turns between two of its pieces."""

log = logging.getLogger("pykbroker.metrics")


async def answer_scrapes(listener: Listener, pieces: Pieces) -> None:
    """Answer whoever connects to `listener` with what `pieces` gives.  Never returns."""
    async with trio.open_nursery() as nursery:

        def welcome(sock: socket.socket, client: Client) -> None:
            if len(nursery.child_tasks) < MOST_CONNECTIONS:
                nursery.start_soon(_converse, sock, client, pieces)
            else:
                sock.close()

        await listener.accept_into(welcome)


async def _converse(sock: socket.socket, client: Client, pieces: Pieces) -> None:
    async with trio.SocketStream(trio.socket.from_stdlib_socket(sock)) as stream:
        try:
            await _answer(stream, pieces)
        except trio.BrokenResourceError:
            pass  # the other side hung up
        except Exception:
            log.exception("scrape failed: client=%s:%d why=a bug of the broker", client.host[1:], client.port)


async def _answer(stream: trio.SocketStream, pieces: Pieces) -> None:
    http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_REQUEST_BYTES)
    request = None
    try:
        with trio.move_on_after(_REQUEST_WITHIN_S):
            request = await _request(stream, http)
    except h11.RemoteProtocolError as fault:
        await _refuse(stream, http, fault.error_status_hint, f"not understood: {fault}")
        return
    if request is None:
        return
    if request.target.split(b"?")[0] != PATH.encode():
        await _refuse(stream, http, 404, f"nothing is here but {PATH}")
    elif request.method != b"GET":
        await _refuse(stream, http, 405, "GET is all that is answered", ("Allow", "GET"))
    else:
        with trio.move_on_after(_ANSWER_WITHIN_S):
            await _send(stream, http, 200, pieces())


async def _request(stream: trio.SocketStream, http: h11.Connection) -> h11.Request | None:
    """The request's head; None if the other side hung up before its end."""
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await stream.receive_some(_READ_BYTES))
        else:
            return event if isinstance(event, h11.Request) else None


async def _refuse(
    stream: trio.SocketStream, http: h11.Connection, status: int, why: str, *headers: tuple[str, str]
) -> None:
    with trio.move_on_after(_REQUEST_WITHIN_S):
        await _send(stream, http, status, iter([f"{why}\n"]), *headers)


async def _send(
    stream: trio.SocketStream, http: h11.Connection, status: int, pieces: Iterator[str], *headers: tuple[str, str]
) -> None:
    """The answer has left, and the other side knows that nothing comes behind it."""
    send = partial(_send_event, stream, http)
    await send(
        h11.Response(status_code=status, headers=[("Content-Type", CONTENT_TYPE), ("Connection", "close"), *headers])
    )
    for piece in pieces:
        await send(h11.Data(data=piece.encode("utf-8", "replace")))
    await send(h11.EndOfMessage())
    await stream.send_eof()
    # Closing with something unread would reset the connection, and could take the answer with it.
    with trio.move_on_after(_HANGUP_WITHIN_S):
        while await stream.receive_some(_READ_BYTES):
            pass


async def _send_event(stream: trio.SocketStream, http: h11.Connection, event: h11.Event) -> None:
    await stream.send_all(http.send(event) or b"")
