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
from pykbroker_protocol.apis.delete_topics import DELETE_TOPICS

_ZEROS = bytes(1 << 20)


class Failed(Exception):
    """A figure could not be had; says why."""


@dataclass(frozen=True)
class Figure:
    row: str
    broker: str
    medium: str
    turn: int  # figures of the same turn were measured one after the other
    value: float
    others: float = 0.0  # cores that processes other than the broker and its clients used meanwhile

    @property
    def disturbed(self) -> bool:
        return self.others > 0.1


@dataclass
class Session:
    peer: peers.Peer
    medium: str
    rows: frozenset[str]
    seconds: float  # about how long a figure is measured for
    scratch: Path
    turn: int = 0
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _names: Iterator[int] = field(default_factory=itertools.count)

    def note(self, row: str, value: float) -> None:
        if row in self.rows:
            self.figures.append(Figure(row, self.peer.kind, self.medium, self.turn, value))

    def remark(self, row: str, text: str) -> None:
        self.notes.append(f"{self.medium} {self.peer.kind} {row}: {text}")

    def wants(self, *rows: str) -> bool:
        return any(row in self.rows for row in rows)

    @contextlib.contextmanager
    def asking(self) -> Iterator[Asking]:
        """A connection of ours to the broker, for what has to be there before something is measured."""
        with Asking("127.0.0.1", self.peer.port, f"bench-{next(self._names)}") as asking:
            yield asking

    @contextlib.contextmanager
    def topic(self, partitions: int) -> Iterator[str]:
        """A new topic, named by its number of partitions at the end, and deleted afterwards."""
        if self.peer.kind not in peers.BROKERS:
            yield f"topic-{next(self._names)}-{partitions}"
            return
        with self.asking() as asking:
            # The default would keep the logs of a whole turn for a minute after they were deleted.
            name = asking.topic(f"topic-{partitions}", partitions, file_delete_delay_ms="1000").name
            yield name
            asking.ask(DELETE_TOPICS, 6, topics=[DELETE_TOPICS.request.type.DeleteTopicState(name=name)])

    def touch(self, count_bytes: int) -> None:
        """So much memory was in use a moment ago.

        The host of a virtual machine gives and takes it: a page that nobody used for a while costs its first user ten
        times what writing to it does, and would make a broker slow for having its turn at the wrong time.
        """
        with tempfile.TemporaryFile(dir=self.scratch) as file:
            for _ in range(count_bytes // len(_ZEROS) + 1):
                file.write(_ZEROS)

    def start(self, *command: object) -> subprocess.Popen[str]:
        words = [str(word) for word in command]
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self, program: subprocess.Popen[str], within_s: float = 120) -> str:
        """What it printed.

        Raises:
            Failed: it ended with another status than 0, or not at all.
        """
        name = Path(str(program.args[0])).name  # type: ignore[index]
        try:
            printed, complaints = program.communicate(timeout=within_s)
        except subprocess.TimeoutExpired as late:
            program.kill()
            program.communicate()
            raise Failed(f"{name} did not end within {within_s:.0f} s") from late
        if program.returncode:
            raise Failed(f"{name}: {(complaints or printed).strip()[-500:] or program.returncode}")
        return printed

    def run(self, *command: object) -> str:
        return self.finish(self.start(*command))

    def run_together(self, *commands: list[object]) -> list[str]:
        """What each printed; they ran at the same time."""
        running = [self.start(*command) for command in commands]
        try:
            return [self.finish(program) for program in running]
        finally:
            for program in running:
                program.kill()

    @contextlib.contextmanager
    def file(self, content: bytes) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(dir=self.scratch) as file:
            file.write(content)
            file.flush()
            yield Path(file.name)
