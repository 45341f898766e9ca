"""Addresses as they are asked for, bound, and shown."""

from __future__ import annotations

import errno
import os

import pytest
import trio
from conftest import Peer

from pykbroker.server.listener import CannotListen, bind, java_address


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "0:0:0:0:0:0:0:1"),
        ("fe80::1c:00ff%eth0", "fe80:0:0:0:0:0:1c:ff%eth0"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
    ],
)
def test_addresses_are_shown_as_java_shows_them(host, shown):
    assert java_address(host) == shown


async def test_port_0_binds_a_free_port_and_says_which():
    listener = bind("PLAINTEXT", "127.0.0.1", 0)
    assert listener.port > 0
    listener.close()


async def test_an_address_that_is_taken_is_refused_with_what_to_do():
    listener = bind("PLAINTEXT", "127.0.0.1", 0)
    with pytest.raises(CannotListen, match=rf"127\.0\.0\.1:{listener.port} .*change `listeners`"):
        bind("PLAINTEXT", "127.0.0.1", listener.port)
    listener.close()


async def test_a_host_that_nobody_knows_is_refused_with_what_to_do():
    with pytest.raises(CannotListen, match="change `listeners`"):
        bind("PLAINTEXT", "no-such-host.invalid", 0)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_an_empty_host_is_every_address_of_the_machine(nursery, address):
    listener, clients = bind("PLAINTEXT", "", 0), []
    nursery.start_soon(listener.accept_into, lambda sock, client: (clients.append(client), sock.close()))
    stream = await trio.open_tcp_stream(address, listener.port)
    assert await stream.receive_some() == b""
    assert clients[0].host == "/" + java_address(address)
    assert clients[0].local == (address, listener.port)
    nursery.cancel_scope.cancel()


class Exhausted:
    """A listening socket in a process that has no descriptor left, `times` times."""

    def __init__(self, sock, times: int) -> None:
        self._sock, self._times = sock, times
        self.getsockname, self.fileno, self.close = sock.getsockname, sock.fileno, sock.close

    def accept(self):
        if self._times:
            self._times -= 1
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return self._sock.accept()


async def test_without_descriptors_it_says_so_once_and_goes_on_when_there_are_some(nursery, caplog, autojump_clock):
    listener, clients = bind("PLAINTEXT", "127.0.0.1", 0), []
    listener._sock = Exhausted(listener._sock, times=5)
    nursery.start_soon(listener.accept_into, lambda sock, client: (clients.append(client), sock.close()))
    peer = Peer(trio.socket.socket())
    await peer.sock.connect(("127.0.0.1", listener.port))
    before = trio.current_time()
    with trio.fail_after(10):
        assert await peer.stream.receive_some() == b""
    assert trio.current_time() - before >= 2
    assert len(clients) == 1
    assert len(caplog.records) == 1
    nursery.cancel_scope.cancel()
