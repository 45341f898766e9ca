"""Staying awake for who asks again at once, and sleeping for who does not."""

from __future__ import annotations

import itertools
import socket

import pytest
import trio
from conftest import Served, framed

from pykbroker.server import at_rest, usual_turn
from pykbroker.server.at_rest import AtRest
from pykbroker.server.contract import Answer
from pykbroker.server.eagerness import MOMENT_NS, Eagerness

compiled = pytest.mark.skipif(not usual_turn.COMPILED, reason="not built: no C compiler was there at the installation")


def after(*gaps_ns):
    """It, when requests have come so long after the answers before them, and one more was answered at 10**12."""
    eagerness = Eagerness()
    for gap_ns in gaps_ns:
        eagerness.answered(1)
        eagerness.came(1 + gap_ns)
    eagerness.answered(10**12)
    return eagerness


PROMPT, LATE = MOMENT_NS - 1, MOMENT_NS


def test_a_run_of_prompt_requests_is_worth_to_stay_awake_for_a_moment():
    assert after(*[PROMPT] * 32).awake_until_ns() == 10**12 + MOMENT_NS
    assert after(*[PROMPT] * 31).awake_until_ns() == 0


@pytest.mark.parametrize("late_of", [2, 20, 32])
def test_it_is_not_where_one_request_of_so_many_is_late(late_of):
    eagerness = after(*([PROMPT] * (late_of - 1) + [LATE]) * 100)
    assert eagerness.awake_until_ns() == 0


def test_it_is_where_hardly_any_is_late():
    assert after(*([PROMPT] * 99 + [LATE]) * 100, *[PROMPT] * 32).awake_until_ns()


def test_after_the_last_of_a_long_run_it_is_stayed_awake_for_twice_in_vain_at_most():
    run = [PROMPT] * 10_000
    assert after(*run, LATE).awake_until_ns()
    assert not after(*run, LATE, LATE).awake_until_ns()


def test_when_nobody_was_answered_there_is_nothing_to_stay_awake_for():
    eagerness = after(*[PROMPT] * 64)
    eagerness.came(10**12 + PROMPT)
    assert eagerness.awake_until_ns() == 0
    eagerness.came(2 * 10**12)
    eagerness.answered(10**12)
    assert eagerness.awake_until_ns()


class Sleeps(trio.abc.Instrument):
    def __init__(self) -> None:
        self.count = 0

    def before_io_wait(self, timeout: float) -> None:
        self.count += timeout > 0


@pytest.fixture
def loop():
    """The other one has a task for each connection, which sleeps."""
    return AtRest


def asking_at_once(port: int, times: int, request: bytes = b"?") -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(times):
            sock.sendall(framed(request))
            assert sock.recv(100, socket.MSG_WAITALL)[4:] == b"y" * 96


def answer(frame: memoryview, client: object) -> Answer:
    return [framed(b"y" * 96)]


async def sleeps_while_asked(served: Served, times: int, request: bytes = b"?") -> int:
    trio.lowlevel.add_instrument(sleeps := Sleeps())
    await trio.to_thread.run_sync(asking_at_once, served.listener.port, times, request)
    trio.lowlevel.remove_instrument(sleeps)
    return sleeps.count


@compiled
async def test_the_loop_is_awake_when_the_next_request_comes(start, monkeypatch):
    clock = itertools.count(1)  # a moment is as long as it takes to look often
    monkeypatch.setattr(at_rest, "perf_counter_ns", lambda: next(clock))
    assert await sleeps_while_asked(await start(answer), 200) < 100


async def test_the_loop_sleeps_when_requests_come_late(start, monkeypatch):
    clock = itertools.count(1, MOMENT_NS)
    monkeypatch.setattr(at_rest, "perf_counter_ns", lambda: next(clock))
    assert await sleeps_while_asked(await start(answer), 200) >= 200


async def test_the_loop_sleeps_between_large_requests(start, monkeypatch):
    clock = itertools.count(1)
    monkeypatch.setattr(at_rest, "perf_counter_ns", lambda: next(clock))
    assert await sleeps_while_asked(await start(answer), 200, bytes(100_000)) >= 200


class Steps(trio.abc.Instrument):
    def __init__(self) -> None:
        self.taken = 0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self.taken += task.name.endswith("AtRest.serve")


async def test_a_request_that_comes_alone_takes_one_step_of_the_loop(start):
    peer = await (await start()).connect()
    await peer.ask(b"?")
    trio.lowlevel.add_instrument(steps := Steps())
    for _ in range(10):
        await trio.testing.wait_all_tasks_blocked()
        await peer.ask(b"?")
    trio.lowlevel.remove_instrument(steps)
    assert steps.taken == 10
