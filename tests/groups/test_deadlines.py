"""Timers: each comes up once, at its time, whatever was done to it before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pykbroker.groups.deadlines import Deadlines, Timer


def nothing(when):
    return []


def due(deadlines, now):
    came = []
    while (timer := deadlines.pop_due(now)) is not None:
        came.append(timer)
    return came


def test_timers_come_up_in_order_and_once():
    deadlines, timers = Deadlines(), [Timer() for _ in range(3)]
    for timer, at in zip(timers, (30, 10, 20), strict=True):
        deadlines.arm(timer, at, nothing)
    assert due(deadlines, 20) == [timers[1], timers[2]]
    assert due(deadlines, 30) == [timers[0]]
    assert deadlines.next_deadline is None


def test_a_timer_that_is_always_postponed_has_one_entry():
    deadlines, timer = Deadlines(), Timer()
    deadlines.arm(timer, 10, nothing)
    for at in range(11, 1_000):
        deadlines.move(timer, at)
    assert len(deadlines._entries) == 1
    assert due(deadlines, 998) == []
    assert due(deadlines, 999) == [timer]


def test_a_timer_that_is_moved_nearer_comes_up_there_and_not_again():
    deadlines, timer = Deadlines(), Timer()
    deadlines.arm(timer, 100, nothing)
    deadlines.move(timer, 10)
    assert due(deadlines, 10) == [timer]
    assert due(deadlines, 100) == []


def test_a_cancelled_timer_does_not_come_up():
    deadlines, timer = Deadlines(), Timer()
    deadlines.arm(timer, 10, nothing)
    timer.cancel()
    assert due(deadlines, 10) == []


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["arm", "cancel", "pass"]), st.integers(0, 20)), max_size=40
)


@given(STEPS)
def test_what_comes_up_is_what_a_plain_table_says(steps):
    deadlines, timers, table, now = Deadlines(), [Timer() for _ in range(4)], {}, 0
    for which, step, ms in steps:
        if step == "arm":
            deadlines.arm(timers[which], now + ms, nothing)
            table[which] = now + ms
        elif step == "cancel":
            timers[which].cancel()
            table.pop(which, None)
        else:
            now += ms
            expected = {timers[w] for w, at in table.items() if at <= now}
            table = {w: at for w, at in table.items() if at > now}
            assert set(due(deadlines, now)) == expected
        earliest = deadlines.next_deadline
        assert not table or (earliest is not None and earliest <= min(table.values()))
