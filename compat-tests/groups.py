"""Group members that poll by themselves: in a thread, or in a process that can crash.

python groups.py CLIENT_MODULE ADDRESS TOPIC SETTINGS_AS_JSON     prints its assignment as JSON whenever it changes
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Set
from pathlib import Path
from typing import Protocol

from clients import Consumer, Partition, Rebalances, Record, wait_until


class HasAssignment(Protocol):
    @property
    def assignment(self) -> Set[Partition]: ...


def poll(consumer: Consumer) -> list[Record]:
    # kafka-python 3.0.12 loses its first assignment when a poll ends just as it is given, so they are few before that.
    return consumer.poll(0.1 if consumer.rebalances.held else 1.0)


class Member:
    """A consumer that a thread polls until it is told to leave; its failure is raised by `leave`."""

    def __init__(self, join: Callable[[], Consumer]) -> None:
        self.rebalances = Rebalances()
        self.records: list[Record] = []
        self.failed: BaseException | None = None
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(join,), daemon=True)
        self._thread.start()

    def _run(self, join: Callable[[], Consumer]) -> None:
        try:
            consumer = join()
            self.rebalances = consumer.rebalances
            while not self._leaving.is_set():
                self.records += poll(consumer)
            consumer.close()
        except BaseException as fault:
            self.failed = fault
        self.rebalances.held = frozenset()

    @property
    def assignment(self) -> Set[Partition]:
        return self.rebalances.held

    def begin_leaving(self) -> None:
        self._leaving.set()

    def leave(self) -> None:
        self.begin_leaving()
        self._thread.join(60)
        if self.failed is not None:
            fault, self.failed = self.failed, None
            raise fault


class CrashingMember:
    """A consumer in a process of its own, which `crash` ends without a word to the broker."""

    def __init__(self, module: str, address: str, topic: str, settings: dict[str, object]) -> None:
        self.assignment: set[Partition] = set()
        words = [sys.executable, __file__, module, address, topic, json.dumps(settings)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        for line in self._process.stdout or []:
            self.assignment = {Partition(*partition) for partition in json.loads(line)}

    def crash(self) -> None:
        self._process.kill()
        self._process.wait()
        self._watcher.join()


def shared_out(members: Collection[HasAssignment], topic: str, partitions: int) -> bool:
    """Every partition belongs to exactly one member, and every member has as many as any other, give or take one."""
    held = sorted(partition for member in members for partition in member.assignment)
    sizes = [len(member.assignment) for member in members]
    return held == [Partition(topic, each) for each in range(partitions)] and max(sizes) - min(sizes) <= 1


def wait_shared_out(members: Collection[HasAssignment], topic: str, partitions: int, within_s: float = 40) -> None:
    try:
        wait_until(lambda: shared_out(members, topic, partitions), within_s)
    except AssertionError as late:
        held = [sorted(partition for _, partition in member.assignment) for member in members]
        faults = [member.failed for member in members if isinstance(member, Member) and member.failed]
        raise AssertionError(f"{late}: the members hold {held} of {partitions} partitions; {faults}") from None


def main(module: str, address: str, topic: str, settings: str) -> None:
    consumer = importlib.import_module(f"clients.{module}").consumer(address, topic, **json.loads(settings))
    known = None
    while True:
        poll(consumer)
        if (held := sorted(consumer.rebalances.held)) != known:
            known = held
            print(json.dumps(held), flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main(*sys.argv[1:])
