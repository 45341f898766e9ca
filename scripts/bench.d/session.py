"""One broker that runs and is measured: what a measurement is given, and where its figures go."""

import contextlib
import itertools
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import peers
from both.client import Broker as Asking


class Failed(Exception):
    """A figure could not be had; says why."""


@dataclass(frozen=True)
class Figure:
    row: str
    broker: str
    medium: str
    turn: int  # figures of the same turn were measured one after the other
    value: float


@dataclass
class Session:
    peer: peers.Peer
    medium: str
    turn: int
    rows: frozenset[str]
    seconds: float  # how long a figure is measured for
    scratch: Path
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: Iterator[int] = field(default_factory=itertools.count)

    def note(self, row: str, value: float) -> None:
        if row in self.rows:
            self.figures.append(Figure(row, self.peer.kind, self.medium, self.turn, value))

    def wants(self, group: str) -> bool:
        return any(row.partition(".")[0] == group for row in self.rows)

    @contextlib.contextmanager
    def asking(self) -> Iterator[Asking]:
        """A connection of ours to the broker, for what has to be there before something is measured."""
        with Asking("127.0.0.1", self.peer.port, f"bench-{next(self.names)}") as asking:
            yield asking

    def run(self, *command: object, within_s: float = 120) -> str:
        """What a load program printed.

        Raises:
            Failed: it ended with another status than 0, or not at all.
        """
        try:
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=within_s)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{Path(str(command[0])).name} did not end within {within_s:.0f} s") from late
        if done.returncode:
            raise Failed((done.stderr or done.stdout).strip()[-500:] or f"status {done.returncode}")
        return done.stdout

    @contextlib.contextmanager
    def file(self, content: bytes) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(dir=self.scratch) as file:
            file.write(content)
            file.flush()
            yield Path(file.name)
