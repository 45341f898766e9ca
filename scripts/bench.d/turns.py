"""A B C A B C: each broker has its turn, measured by all that was asked for, and then the next."""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import small_requests
from peers import BROKERS, Canned, Peer
from programs import Missing
from session import Failed, Figure, Session

Measurement = Callable[[Session], None]

ON_RUNNING: dict[str, Measurement] = {
    "single": small_requests.measure_single,
    "requests": small_requests.measure,
}
"""Groups of rows that are measured one after the other on a broker that was warmed up."""

BOUNDS: dict[str, Measurement] = {"requests": small_requests.bound}


@dataclass(frozen=True)
class Plan:
    brokers: list[str]
    turns: int
    rows: frozenset[str]
    seconds: float

    def wants(self, group: str) -> bool:
        return any(row.partition(".")[0] == group for row in self.rows)


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
            say(line, ends=True)


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
    groups = [group for group in ON_RUNNING if plan.wants(group)]
    bounds = [group for group in groups if group in BOUNDS]
    progress = Progress(plan.turns * len(plan.brokers) * len(groups) + len(bounds))
    for turn in range(plan.turns):
        for kind in plan.brokers:
            session = _session(plan, Peer(kind, scratch / f"{kind}-{turn}"), medium, turn, scratch)
            _on_running(session, groups, progress, measured)
    if bounds:
        canned = Canned(scratch / "canned", small_requests.PRODUCE_ANSWER_BYTES)
        _on_running(_session(plan, canned, medium, 0, scratch), bounds, progress, measured, BOUNDS)


def _session(plan: Plan, peer: Peer, medium: str, turn: int, scratch: Path) -> Session:
    return Session(peer, medium, turn, plan.rows, plan.seconds, scratch)


def _on_running(
    session: Session,
    groups: list[str],
    progress: Progress,
    measured: Measured,
    how: dict[str, Measurement] = ON_RUNNING,
) -> None:
    """`groups` were measured on a broker that was started for them; what could not be is in `measured`."""
    peer = session.peer
    try:
        peer.start()
    except Missing as lacks:
        measured.leave_out(peer.kind, lacks)
        return
    try:
        if peer.kind in BROKERS:
            small_requests.warm(session)
        for group in groups:
            progress.step(f"{session.medium} {peer.kind} {group}")
            try:
                how[group](session)
            except Missing as lacks:
                measured.leave_out(group, lacks)
            except Failed as fault:
                measured.failed = True
                measured.leave_out(f"{peer.kind} {group}", fault)
    finally:
        peer.stop()
        shutil.rmtree(peer.data, ignore_errors=True)
        measured.figures += session.figures
        measured.notes += [f"{session.medium} {peer.kind} {note}" for note in session.notes]
