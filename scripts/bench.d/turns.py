"""A B C A B C: the brokers run beside each other, and each is measured in its turn while the others have nothing to do.

So the figures of one turn are seconds apart, and a machine that changes its pace changes all of them.
"""

import contextlib
import itertools
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import growth
import lifecycle
import members
import small_requests
import streams
from peers import BROKERS, Canned, Floor, Peer, machine_cpu_s, our_cpu_s
from programs import Missing
from session import Failed, Figure, Session

Measurement = Callable[[Session], None]

ON_RUNNING: dict[str, Measurement] = {
    "produce": streams.measure_produce,
    "consume": streams.measure_consume,
    "together": streams.measure_together,
    "single": small_requests.measure_single,
    "requests": small_requests.measure,
    "durable": small_requests.measure_durable,
    "members": members.measure,
}
"""Groups of rows that are measured one after the other on a broker that was warmed up."""

ALONE: dict[str, Measurement] = {
    "start": lifecycle.measure_start,
    "partitions": lifecycle.measure_partitions,
    "large": lifecycle.measure_large,
}
"""Groups of rows that start and kill a broker of their own."""


@dataclass(frozen=True)
class Plan:
    brokers: list[str]
    turns: int
    turns_alone: int  # of groups that start brokers of their own
    rows: frozenset[str]
    seconds: float

    def wants(self, group: str) -> bool:
        return any(row.partition(".")[0] == group for row in self.rows)

    def groups(self) -> list[str]:
        """Memory is no group of its own: it is looked at on the way."""
        wanted = {row.partition(".")[0] for row in self.rows}
        if "memory.after-produce" in self.rows:
            wanted.add("produce")
        return [group for group in (*ON_RUNNING, *ALONE) if group in wanted]


@dataclass
class Measured:
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    failed: bool = False

    def leave_out(self, what: str, why: object) -> None:
        line = f"{what}: {why}".partition("; its last lines")[0]
        if line not in self.left_out:
            self.left_out.append(line)
            say(f"left out: {line}", ends=True)


class Progress:
    """One line that says what is being measured, how much of it is done and for how long."""

    def __init__(self, steps: int) -> None:
        self.steps, self.done, self.began = steps, 0, time.monotonic()

    def step(self, what: str) -> None:
        self.done += 1
        say(f"{time.monotonic() - self.began:4.0f} s  {self.done}/{self.steps}  {what}")


def say(line: str, ends: bool = False) -> None:
    """On standard error; over the line before, unless that has ended or nobody sees it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="\n" if ends else "", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def measure(plan: Plan, medium: str, scratch: Path, measured: Measured) -> None:
    """Each group was measured on each broker, turn after turn; what could not be is in `measured`."""
    groups = plan.groups()
    beside, alone = [group for group in groups if group in ON_RUNNING], [group for group in groups if group in ALONE]
    bounds = _bounds(groups, scratch)
    turns = plan.turns * len(beside) + plan.turns_alone * len(alone)
    progress = Progress(turns * len(plan.brokers) + sum(len(some) for _, some in bounds))

    def session(peer: Peer) -> Session:
        return Session(peer, medium, plan.rows, plan.seconds, scratch)

    _beside_each_other(plan, [session(Peer(kind, scratch / kind)) for kind in plan.brokers], beside, progress, measured)
    for group, turn in itertools.product(alone, range(plan.turns_alone)):
        for kind in plan.brokers:
            progress.step(f"{medium}, turn {turn + 1}: {kind}, {group}")
            with _ending(session(Peer(kind, scratch / f"{kind}-{group}-{turn}")), measured) as each:
                _measure(each, turn, group, ALONE[group], measured)
    for peer, hows in bounds:
        with _ending(session(peer), measured) as each:
            if _started(each, measured):
                for group, how in hows.items():
                    progress.step(f"{medium}: {peer.kind}, {group}")
                    _measure(each, 0, group, how, measured)


def grow(plan: Plan, medium: str, scratch: Path, measured: Measured) -> None:
    """What growth.py measures, on one broker after the other."""
    groups = [group for group in growth.GROUPS if plan.wants(group)]
    progress = Progress(len(groups) * len(plan.brokers))
    for group in groups:
        for kind in plan.brokers:
            session = Session(Peer(kind, scratch / f"{kind}-{group}"), medium, plan.rows, plan.seconds, scratch)
            progress.step(f"{medium}: {kind}, growth of {group}")
            with _ending(session, measured):
                _measure(session, 0, group, lambda each, how=growth.GROUPS[group]: how(growth.Growing(each)), measured)


def _beside_each_other(
    plan: Plan, sessions: list[Session], groups: list[str], progress: Progress, measured: Measured
) -> None:
    if not groups:
        return
    with contextlib.ExitStack() as ends:
        for session in sessions:
            ends.enter_context(_ending(session, measured))
        running = [session for session in sessions if _started(session, measured)]
        for group, turn in itertools.product(groups, range(plan.turns)):
            for session in running:
                progress.step(f"{session.medium}, turn {turn + 1}: {session.peer.kind}, {group}")
                with _watching(session, [each.peer for each in running if each.peer.running]):
                    _measure(session, turn, group, ON_RUNNING[group], measured)


def _bounds(groups: list[str], scratch: Path) -> list[tuple[Peer, dict[str, Measurement]]]:
    """What is measured beside the brokers to say what is possible, and by which of `groups`."""
    canned = Canned(scratch / "canned", small_requests.PRODUCE_ANSWER_BYTES)
    all_bounds: list[tuple[Peer, dict[str, Measurement]]] = [
        (Floor(scratch / "drain", drains=True), {"produce": streams.measure_produce}),
        (Floor(scratch / "floor", drains=False), {name: ON_RUNNING[name] for name in ("produce", "consume")}),
        (canned, {"requests": small_requests.bound}),
    ]
    kept = [(peer, {name: how for name, how in each.items() if name in groups}) for peer, each in all_bounds]
    return [(peer, each) for peer, each in kept if each]


def _started(session: Session, measured: Measured) -> bool:
    """The broker runs and has been warmed up; False: it cannot be had on this machine."""
    try:
        session.peer.start()
    except Missing as lacks:
        measured.leave_out(session.peer.kind, lacks)
        return False
    if session.peer.kind in BROKERS:
        streams.measure_idle(session)
        with contextlib.suppress(Missing):  # said when a row needs it
            streams.warm(session)
        small_requests.warm(session)
    return True


@contextlib.contextmanager
def _watching(session: Session, running: list[Peer]) -> Iterator[None]:
    """The figures noted meanwhile say how many cores others used."""
    known, began = len(session.figures), time.monotonic()
    all_before, ours_before = machine_cpu_s(), our_cpu_s(running)
    yield
    used = machine_cpu_s() - all_before - (our_cpu_s(running) - ours_before)
    others = max(0.0, used / (time.monotonic() - began))
    session.figures[known:] = [replace(each, others=others) for each in session.figures[known:]]


def _measure(session: Session, turn: int, group: str, how: Measurement, measured: Measured) -> None:
    session.turn = turn
    if session.medium == "disk":
        os.sync()  # so that nobody's pages are written in another one's time
    try:
        how(session)
    except Missing as lacks:
        measured.leave_out(group, lacks)
    except (Failed, RuntimeError, AssertionError, OSError) as fault:  # a broker that is gone is seen in many ways
        measured.failed = True
        measured.leave_out(f"{session.medium}, {session.peer.kind}, {group}", fault)


@contextlib.contextmanager
def _ending(session: Session, measured: Measured) -> Iterator[Session]:
    """Nothing of the session's broker is left afterwards but its figures."""
    try:
        yield session
    finally:
        session.peer.kill()
        shutil.rmtree(session.peer.data, ignore_errors=True)
        measured.figures += session.figures
        measured.notes += session.notes
