"""What idle connections cost, and when they go."""

from __future__ import annotations

import trio
from conftest import echo, framed

from pykbroker.runtime.later import Later
from pykbroker.server.at_rest import AtRest


class Steps(trio.abc.Instrument):
    def __init__(self) -> None:
        self.taken = 0

    def before_task_step(self, task) -> None:
        self.taken += 1


async def test_a_thousand_idle_connections_cost_no_task_and_no_wake_up(start, loop):
    served = await start(lambda frame, client: [framed(b"")])
    tasks = trio.lowlevel.current_statistics().tasks_living
    peers = [await served.connect() for _ in range(1_000)]
    await peers[-1].ask(b"?")
    await served.until(lambda: len(served.serving.connections) == len(peers))
    more = trio.lowlevel.current_statistics().tasks_living - tasks
    assert more == (0 if loop is AtRest else len(peers))
    await trio.testing.wait_all_tasks_blocked()
    trio.lowlevel.add_instrument(steps := Steps())
    await trio.testing.wait_all_tasks_blocked(0.1)
    trio.lowlevel.remove_instrument(steps)
    assert steps.taken <= 1  # this test's own
    for peer in peers:
        await peer.stream.aclose()


async def test_who_is_idle_too_long_is_closed_and_who_is_not_stays(start):
    served = await start(connections_max_idle_ms=300)
    idle, busy = await served.connect(), await served.connect()
    with trio.move_on_after(0.5):
        while True:
            assert await busy.ask(b"here") == b"here"
            await trio.sleep(0.05)
    assert await idle.is_closed()
    assert await busy.ask(b"still") == b"still"


async def test_who_waits_for_the_broker_is_not_idle(start):
    released = trio.Event()

    async def wait():
        await released.wait()
        return [framed(b"at last")]

    served = await start(lambda frame, client: Later(wait), connections_max_idle_ms=50)
    peer = await served.connect()
    await peer.send(b"?")
    await trio.sleep(0.2)
    released.set()
    assert await peer.receive() == b"at last"


async def test_who_never_reads_its_answer_is_closed_like_any_idle_client(start):
    served = await start(lambda frame, client: [bytes(20_000_000)], connections_max_idle_ms=100)
    tasks = trio.lowlevel.current_statistics().tasks_living
    peer = await served.connect(receive_buffer_bytes=4096)
    await peer.send(b"?")
    await served.until(lambda: bool(served.serving.connections))
    await served.until(lambda: not served.serving.connections)
    await served.until(lambda: trio.lowlevel.current_statistics().tasks_living == tasks)


async def test_after_an_idle_close_the_others_are_served(start):
    served = await start(echo, connections_max_idle_ms=100)
    idle = await served.connect()
    assert await idle.is_closed()
    assert await (await served.connect()).ask(b"new") == b"new"
