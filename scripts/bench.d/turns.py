"""A B C A B C: the brokers run beside each other, and each is measured in its turn while the others have nothing to do.

So the figures of one turn are seconds apart, and a machine that changes its pace changes all of them.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import small_requests
import streams
from peers import BROKERS, Canned, Floor, Peer
from programs import Missing
from session import Failed, Figure, Session

Measurement = Callable[[Session], None]

ON_RUNNING: dict[str, Measurement] = {
    "produce": streams.measure_produce,
    "consume": streams.measure_consume,
    "together": streams.measure_together,
    "single": small_requests.measure_single,
    "requests": small_requests.measure,
}
"""Groups of rows that are measured one after the other on a broker that was warmed up."""


@dataclass(frozen=True)
class Plan:
    brokers: list[str]
    turns: int
    rows: frozenset[str]
    seconds: float

    def groups(self) -> list[str]:
        """Of ON_RUNNING; memory is looked at on the way."""
        wanted = {row.partition(".")[0] for row in self.rows}
        if "memory.after-produce" in self.rows:
            wanted.add("produce")
        return [group for group in ON_RUNNING if group in wanted]


@dataclass
class Measured:
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    failed: bool = False

    def leave_out(self, what: str, why: object) -> None:
        line = f"{what}: {why}"
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
    bounds = _bounds(groups, scratch)
    progress = Progress(plan.turns * len(plan.brokers) * len(groups) + sum(len(some) for _, some in bounds))
    sessions = [Session(Peer(kind, scratch / kind), medium, plan.rows, plan.seconds, scratch) for kind in plan.brokers]
    try:
        sessions = [session for session in sessions if _started(session, measured)]
        for group in groups:
            for turn in range(plan.turns):
                for session in sessions:
                    progress.step(f"{medium}, turn {turn + 1}: {session.peer.kind}, {group}")
                    _measure(session, turn, group, ON_RUNNING[group], measured)
    finally:
        for session in sessions:
            _ended(session, measured)
    for peer, hows in bounds:
        session = Session(peer, medium, plan.rows, plan.seconds, scratch)
        if _started(session, measured):
            for group, how in hows.items():
                progress.step(f"{medium}: {peer.kind}, {group}")
                _measure(session, 0, group, how, measured)
        _ended(session, measured)


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
        small_requests.warm(session)
    return True


def _measure(session: Session, turn: int, group: str, how: Measurement, measured: Measured) -> None:
    session.turn = turn
    if session.medium == "disk":
        os.sync()  # so that nobody's pages are written in another one's time
    try:
        how(session)
    except Missing as lacks:
        measured.leave_out(group, lacks)
    except Failed as fault:
        measured.failed = True
        measured.leave_out(f"{session.medium}, {session.peer.kind}, {group}", fault)


def _ended(session: Session, measured: Measured) -> None:
    session.peer.stop()
    shutil.rmtree(session.peer.data, ignore_errors=True)
    measured.figures += session.figures
    measured.notes += session.notes
