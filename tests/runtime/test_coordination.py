"""The shell of a machine: effects in order, answers at once where they are there at once, deadlines kept."""

from __future__ import annotations

import gc

import pytest
import trio
import trio.testing
from asking import at_last
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.groups.effects import Persist, Reply, Ticket
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.coordination import Coordination
from pykbroker.runtime.later import Parked


class Gate:
    """A machine: who knocks waits until it is opened, or until its deadline."""

    def __init__(self) -> None:
        self.parked: list[Ticket] = []
        self.next_deadline: int | None = None
        self.ticks: list[int] = []

    def count(self, step, *, ticket, now, timestamp):
        return [Reply(ticket, step + 1)]

    def knock(self, *, ticket, now, timestamp, wait_ms=1_000):
        self.parked.append(ticket)
        self.next_deadline = now + wait_ms if self.next_deadline is None else min(self.next_deadline, now + wait_ms)
        return []

    def open(self, *, ticket, now, timestamp):
        replies = [Reply(parked, "in") for parked in self.parked]
        self.parked, self.next_deadline = [], None
        return [Reply(ticket, "opened"), Persist("gate", ["open"]), *replies]

    def record(self, *, ticket, now, timestamp):
        return [Persist("gate", ["before"]), Reply(ticket, "written")]

    def record_and_wait(self, *, ticket, now, timestamp):
        return [Persist("gate", ["before"])]

    def tick(self, *, now, timestamp):
        self.ticks.append(now)
        parked, self.parked, self.next_deadline = self.parked, [], None
        return [Reply(each, "too late") for each in parked]


@pytest.fixture
def written():
    return []


@pytest.fixture
def gate(written):
    return Coordination(Gate(), written.append, Clock())


def refusing(effect):
    raise Refused(ErrorCode.NOT_COORDINATOR, "no log")


async def test_an_answer_that_is_there_at_once_is_returned_at_once(gate):
    assert gate.ask(gate.machine.count, 1) == 2
    assert gate.waiting == 0


async def test_the_records_before_an_answer_are_written_before_it_is_given(gate, written):
    assert gate.ask(gate.machine.record) == "written"
    assert written == [Persist("gate", ["before"])]


async def test_news_is_carried_out_and_has_no_answer(gate, written):
    parked = gate.ask(gate.machine.knock)
    assert gate.tell(lambda *, now, timestamp: [Persist("gate", ["gone"]), Reply(Ticket(0), "out")]) is None
    assert written == [Persist("gate", ["gone"])]
    assert await at_last(parked) == "out"


async def test_everybody_parked_is_answered_by_the_question_that_releases_them(gate):
    laters = [gate.ask(gate.machine.knock) for _ in range(3)]
    assert gate.ask(gate.machine.open) == "opened"
    assert [await at_last(later) for later in laters] == ["in"] * 3
    assert gate.waiting == 0


async def test_a_wait_that_is_given_up_leaves_no_slot_behind(gate):
    parked = gate.ask(gate.machine.knock)
    parked.watch.leave()
    assert gate.waiting == 0
    assert gate.ask(gate.machine.open) == "opened"


async def test_who_waits_is_looked_at_when_the_answer_is_there_and_once(gate):
    parked, ripe = gate.ask(gate.machine.knock), []
    parked.watch.when_ripe(lambda: ripe.append(parked.watch.look()))
    assert (ripe, parked.watch.look()) == ([], False)
    gate.ask(gate.machine.open)
    gate.ask(gate.machine.open)
    assert ripe == [True]


async def test_an_answer_that_nobody_waits_for_any_more_leaves_no_slot_behind(gate):
    assert isinstance(gate.ask(gate.machine.knock), Parked)
    gc.collect()
    assert gate.waiting == 0


async def test_the_machine_is_woken_at_its_deadline(gate, autojump_clock, nursery):
    nursery.start_soon(gate.keep_time)
    start = trio.current_time()
    assert await at_last(gate.ask(gate.machine.knock)) == "too late"
    assert trio.current_time() - start == pytest.approx(1, abs=0.002)


async def test_a_deadline_that_comes_nearer_is_kept(gate, autojump_clock, nursery):
    nursery.start_soon(gate.keep_time)
    first = gate.ask(gate.machine.knock)
    await trio.testing.wait_all_tasks_blocked()
    gate.ask(lambda **when: gate.machine.knock(**when, wait_ms=100))
    start = trio.current_time()
    await at_last(first)
    assert trio.current_time() - start == pytest.approx(0.1, abs=0.002)


async def test_a_deadline_that_moves_away_is_neither_ticked_early_nor_missed(gate, autojump_clock, nursery):
    nursery.start_soon(gate.keep_time)
    later = gate.ask(gate.machine.knock)
    await trio.testing.wait_all_tasks_blocked()
    gate.machine.next_deadline += 5_000
    start = trio.current_time()
    await at_last(later)
    assert trio.current_time() - start == pytest.approx(6, abs=0.002)
    assert len(gate.machine.ticks) == 1


async def test_a_machine_without_a_deadline_is_never_woken(gate, autojump_clock, nursery):
    nursery.start_soon(gate.keep_time)
    await trio.sleep(100_000)
    assert gate.machine.ticks == []


async def test_who_was_to_be_answered_behind_refused_records_gets_the_refusal(written):
    gate = Coordination(Gate(), refusing, Clock())
    parked = gate.ask(gate.machine.knock)
    assert gate.ask(gate.machine.open) == "opened"
    with pytest.raises(Refused, match="no log"):
        await at_last(parked)
    with pytest.raises(Refused):
        gate.ask(gate.machine.record)
    with pytest.raises(Refused):
        gate.ask(gate.machine.record_and_wait)
    assert gate.waiting == 0


async def test_a_tick_that_is_refused_is_tried_again_without_spinning(autojump_clock, nursery):
    machine = Gate()
    machine.next_deadline, machine.tick = (
        Clock().now(),
        lambda *, now, timestamp: ticks.append(now) or [Persist("gate", ["x"])],
    )
    ticks: list[int] = []
    nursery.start_soon(Coordination(machine, refusing, Clock()).keep_time)
    await trio.sleep(10.5)
    assert 10 <= len(ticks) <= 12


async def test_a_deadline_set_by_a_question_that_was_refused_is_kept(autojump_clock, nursery):
    gate = Coordination(Gate(), refusing, Clock())
    nursery.start_soon(gate.keep_time)
    later = gate.ask(lambda **when: gate.machine.knock(**when, wait_ms=5_000))
    await trio.testing.wait_all_tasks_blocked()
    with pytest.raises(Refused):
        gate.ask(lambda **when: [*gate.machine.knock(**when), *gate.machine.record_and_wait(**when)])
    start = trio.current_time()
    await at_last(later)
    assert trio.current_time() - start == pytest.approx(1, abs=0.002)


class Promise:
    """Records that are on disk when the test says so, or never."""

    def __init__(self):
        self.is_settled, self.callbacks, self.failure = False, [], None

    def when_settled(self, callback):
        self.callbacks.append(callback)

    def check(self):
        if self.failure:
            raise self.failure

    def settle(self, failure=None):
        self.is_settled, self.failure = True, failure
        for callback in self.callbacks:
            callback()


async def test_who_waits_behind_records_is_answered_when_they_are_on_disk(nursery):
    promise, answers = Promise(), []
    gate = Coordination(Gate(), lambda effect: [promise], Clock())
    parked = gate.ask(gate.machine.knock)

    async def wait():
        answers.append(await at_last(parked))

    nursery.start_soon(wait)
    gate.ask(gate.machine.open)
    await trio.testing.wait_all_tasks_blocked()
    assert answers == []
    promise.settle()
    await trio.testing.wait_all_tasks_blocked()
    assert answers == ["in"]


async def test_who_waits_behind_records_that_will_never_be_on_disk_is_refused():
    promise = Promise()
    gate = Coordination(Gate(), lambda effect: [promise], Clock())
    parked = gate.ask(gate.machine.knock)
    gate.ask(gate.machine.open)
    promise.settle(Refused(ErrorCode.NOT_COORDINATOR, "the disk is gone"))
    with pytest.raises(Refused) as refused:
        await at_last(parked)
    assert refused.value.code is ErrorCode.NOT_COORDINATOR


async def test_who_waits_is_answered_when_the_records_of_his_own_question_are_on_disk_too():
    promise = Promise()
    gate = Coordination(Gate(), lambda effect: [promise] if effect.records == ["before"] else [], Clock())
    parked = gate.ask(lambda **when: [*gate.machine.knock(**when), *gate.machine.record_and_wait(**when)])
    gate.ask(gate.machine.open)
    assert not parked.watch.look()
    promise.settle()
    assert parked.watch.look()
    assert parked.finish() == "in"
