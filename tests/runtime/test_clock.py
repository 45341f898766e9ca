"""Two clocks: one for waiting, one for dates."""

from __future__ import annotations

import time

import trio

from pykbroker.runtime.clock import Clock


async def test_now_is_what_sleeping_moves(autojump_clock):
    before = Clock().now()
    await trio.sleep(1.5)
    assert Clock().now() - before == 1_500


async def test_timestamp_is_the_date():
    assert abs(Clock().timestamp() - time.time() * 1000) < 1_000
