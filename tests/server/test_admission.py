"""How many connections there may be, together and from one address; what is set at run time counts at once."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
import trio
import trio.testing
from conftest import Served

from pykbroker.config.config import Config
from pykbroker.config.values import ConfigInvalid
from pykbroker.server.admission import Admission
from pykbroker.server.listener import SocketSizes, bind


class Settings:
    """The configuration that holds now."""

    def __init__(self, **values: object) -> None:
        self.set(**values)

    def set(self, **values: object) -> None:
        self._config = Config({name.replace("_", "."): str(value) for name, value in values.items()})

    def __call__(self) -> Config:
        return self._config


@pytest.mark.parametrize(
    "settings",
    [{"max_connections_per_ip": 2}, {"max_connections_per_ip": 9, "max_connections_per_ip_overrides": "127.0.0.1:2"}],
)
async def test_one_too_many_from_an_address_is_hung_up_on(
    start: Callable[..., Served], settings: dict[str, object]
) -> None:
    server = await start(admission=Admission(Settings(**settings)))
    first, second = await server.connect(), await server.connect()
    await first.ask(b"in")
    await second.ask(b"in")
    assert await (await server.connect()).is_closed()
    await first.stream.aclose()
    await server.until(lambda: len(server.serving.connections) == 1)
    assert await (await server.connect()).ask(b"in again") == b"in again"


async def test_who_comes_when_all_places_are_taken_waits_for_one(start: Callable[..., Served]) -> None:
    server = await start(admission=Admission(Settings(max_connections=1)))
    first = await server.connect()
    await first.ask(b"in")
    second = await server.connect()
    await second.send(b"patient")
    await trio.testing.wait_all_tasks_blocked()
    assert len(server.serving.connections) == 1
    await first.stream.aclose()
    assert await second.receive() == b"patient"


async def test_a_limit_that_is_raised_lets_in_who_waits(start: Callable[..., Served]) -> None:
    settings = Settings(max_connections=1)
    server = await start(admission=Admission(settings))
    await (await server.connect()).ask(b"in")
    settings.set(max_connections=2)
    assert await (await server.connect()).ask(b"in too") == b"in too"


async def test_no_more_come_in_a_second_than_the_rate_allows(autojump_clock) -> None:
    settings = Settings(max_connection_creation_rate=2)
    admission, arrived = Admission(settings), []
    for _ in range(6):
        await admission.wait_for_place()
        admission.count_arrival()
        arrived.append(trio.current_time() - arrived[0] if arrived else trio.current_time())
    assert arrived[1:] == pytest.approx([0, 0.5, 1, 1.5, 2])


async def test_a_rate_that_is_raised_from_nothing_lets_in_who_waits(autojump_clock) -> None:
    settings = Settings(max_connection_creation_rate=0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Admission(settings).wait_for_place)
        await trio.testing.wait_all_tasks_blocked()
        assert nursery.child_tasks
        settings.set(max_connection_creation_rate=100)


def test_buffers_have_the_sizes_that_were_asked_for() -> None:
    listener = bind("PLAINTEXT", "127.0.0.1", 0, sizes=SocketSizes(10, 20_000, 30_000))
    with socket.create_connection(("127.0.0.1", listener.port)):
        accepted, _ = listener._sock.accept()
        sizes = [accepted.getsockopt(socket.SOL_SOCKET, each) for each in (socket.SO_SNDBUF, socket.SO_RCVBUF)]
        accepted.close()
    listener._sock.close()
    assert sizes[0] in (20_000, 40_000)  # Linux tells of twice as much
    assert sizes[1] in (30_000, 60_000)


@pytest.mark.parametrize("overrides", ["127.0.0.1", "127.0.0.1:many", ":5"])
def test_overrides_that_are_none_are_refused(overrides: str) -> None:
    with pytest.raises(ConfigInvalid, match="write ADDRESS:CONNECTIONS"):
        Settings(max_connections_per_ip_overrides=overrides)
