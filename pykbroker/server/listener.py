"""A bound address, and how the clients that connect to it are let in."""

from __future__ import annotations

import errno
import ipaddress
import itertools
import logging
import os
import socket
from collections.abc import Callable
from typing import NamedTuple

import trio

from pykbroker.handlers.client import Client
from pykbroker.server.admission import Admission

# Accepted in one go before everybody else has a turn.
_ACCEPTS_A_TURN = 64
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE_S = 0.5

log = logging.getLogger("pykbroker.server")
_connection_ids = itertools.count(1)


class SocketSizes(NamedTuple):
    """Of a listener's queue and its connections' buffers; -1 leaves a buffer to the system."""

    backlog: int = 1_000
    send_buffer_bytes: int = -1
    receive_buffer_bytes: int = -1


SIZES = SocketSizes()


class CannotListen(Exception):
    """The address cannot be had; says what to do about it."""


class Listener:
    """One listening socket under its Kafka name.  `port` is what was bound, also where port 0 was asked for."""

    def __init__(self, name: str, sock: socket.socket) -> None:
        self.name = name
        self.host: str = sock.getsockname()[0]
        self.port: int = sock.getsockname()[1]
        self._sock = sock

    async def accept_into(
        self, welcome: Callable[[socket.socket, Client], None], admission: Admission | None = None
    ) -> None:
        """Let clients in as they come.  Never returns."""
        admission = admission or Admission()
        exhausted = False
        while True:
            await trio.lowlevel.wait_readable(self._sock)
            for _ in range(_ACCEPTS_A_TURN):
                await admission.wait_for_place()
                try:
                    sock, peer = self._sock.accept()
                except (BlockingIOError, InterruptedError):
                    break
                except OSError as failure:
                    if failure.errno not in _EXHAUSTED:
                        continue  # that client is gone already (ECONNABORTED and its like)
                    if not exhausted:
                        log.error(
                            "clients wait: listener=%s:%d until=connections close why=%s", self.host, self.port, failure
                        )
                    exhausted = True
                    await trio.sleep(_PAUSE_S)
                    break
                exhausted = False
                admission.count_arrival()
                if admission.refuses(java_address(peer[0])):
                    sock.close()
                    continue
                try:
                    sock.setblocking(False)
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    local = sock.getsockname()
                except OSError:
                    sock.close()
                    continue
                welcome(sock, self._client(peer, local))

    def close(self) -> None:
        """Nobody else gets in.  May be called again."""
        if self._sock.fileno() >= 0:
            trio.lowlevel.notify_closing(self._sock)
            self._sock.close()

    def _client(self, peer: tuple[str, int], local: tuple[str, int]) -> Client:
        return Client(
            connection_id=next(_connection_ids),
            listener_name=self.name,
            host="/" + java_address(peer[0]),
            port=peer[1],
            local_host=_unmapped(local[0]),
            local_port=local[1],
        )


def bind(name: str, host: str, port: int, *, setting: str = "listeners", sizes: SocketSizes = SIZES) -> Listener:
    """Listen on `host`:`port`; "" is every address of the machine, port 0 is any free one.

    setting: the property that says so, for who has to change it.

    Raises:
        CannotListen: the host is unknown, or the port is taken or forbidden.
    """
    try:
        sock = _bound_to_all(port, sizes.backlog) if not host else _bound(host, port, sizes.backlog)
    except OSError as failure:
        raise CannotListen(
            f"cannot listen on {host or '*'}:{port} ({os.strerror(failure.errno) if failure.errno else failure}): "
            f"stop what holds that address, or change `{setting}`"
        ) from failure
    sock.setblocking(False)
    # Connections take the sizes over from the socket that accepts them; Linux wants them there before it listens to
    # announce a larger window, and has autotuning otherwise, which is better than any fixed size.
    for option, size in ((socket.SO_SNDBUF, sizes.send_buffer_bytes), (socket.SO_RCVBUF, sizes.receive_buffer_bytes)):
        if size >= 0:
            sock.setsockopt(socket.SOL_SOCKET, option, size)
    return Listener(name, sock)


def _bound_to_all(port: int, backlog: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, backlog=backlog, dualstack_ipv6=True)
        except OSError as failure:
            if failure.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise
    return socket.create_server(("0.0.0.0", port), backlog=backlog)


def _bound(host: str, port: int, backlog: int) -> socket.socket:
    # Of text, Python would load its codec of international names to find that it is none.
    name = host.encode() if host.isascii() else host
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # Java takes a name's IPv4 address first.
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return socket.create_server(address[:2], family=family, backlog=backlog)


def java_address(host: str) -> str:
    """`host` as java.net.InetAddress prints it: eight groups without leading zeros, and IPv4 where it is IPv4."""
    address, _, zone = _unmapped(host).partition("%")
    if ":" not in address:
        return address
    groups = ipaddress.IPv6Address(address).exploded.split(":")
    return ":".join(f"{int(group, 16):x}" for group in groups) + (f"%{zone}" if zone else "")


def _unmapped(host: str) -> str:
    """A socket for both families calls an IPv4 client ::ffff:a.b.c.d."""
    return host.removeprefix("::ffff:") if "." in host else host
