#!/usr/bin/env python3
"""Runs Kafka's own command-line tools, and kcat, against a real Apache Kafka 4.3.1 and against pykbroker, and compares.

    compat-tests/tools/compare.py [--only SECTION] [--out DIR] [--write-table]

Both brokers start empty and see the same commands in the same order (steps.py).  What remains different after ids,
times, addresses and rates are made equal (normal.py) is shown as a diff, Kafka's lines with `-`.  Exit status 1 when a
difference has no reason in meant.py, or when a reason there is no longer needed.
"""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "scripts"), str(HERE.parent), str(HERE)]

import in_venv  # noqa: E402, F401 — before what it provides
from broker_process import KINDS, Broker  # noqa: E402
from confluent_kafka import Consumer  # noqa: E402
from meant import MEANT, reason  # noqa: E402
from normal import normal, ordered  # noqa: E402
from steps import FILES, MEMBERS, SECTIONS, Step  # noqa: E402
from summary import write_tables  # noqa: E402
from toolbox import Toolbox  # noqa: E402

SETTINGS: dict[str, object] = {
    "group.initial.rebalance.delay.ms": 0,
    "node.id": 1,
    "offsets.topic.num.partitions": 4,  # so that lists of them are short
    "offsets.topic.replication.factor": 1,  # these five: what scripts/kafka sets
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
}
MEMBER_WITHIN_S = 20
IN_B = 29  # records in topic `b` when the member joins


@dataclass
class Side:
    """One broker, and what the {names} in a step stand for there."""

    broker: Broker
    files: dict[str, str]
    topic_id: str = ""

    def see(self, toolbox: Toolbox, step: Step) -> str:
        """What `step` printed, made equal."""
        if "{topic_id}" in step.command and not self.topic_id:
            described = toolbox.run(Step("topics --describe --topic a"), self.broker.address, {})
            found = re.search(r"TopicId: (\S+)", described.output)
            self.topic_id = found[1] if found else "none"
        directory = str(self.broker.data)
        places = {**self.files, "topic_id": self.topic_id}
        printed = str(toolbox.run(step, self.broker.address, places))
        return ordered(step.command, normal(printed, self.broker.address, directory, self.files))


@contextmanager
def member(address: str) -> Iterator[None]:
    """The group `live` has one member, which holds all partitions of topic `b` and has read them."""
    settings = {"bootstrap.servers": address, "group.id": "live", "client.id": "liver", "auto.offset.reset": "earliest"}
    consumer = Consumer(settings)
    held: list[object] = []
    consumer.subscribe(["b"], on_assign=lambda _, partitions: held.extend(partitions))
    end = time.monotonic() + MEMBER_WITHIN_S
    read = 0
    while not held or read < IN_B:
        if time.monotonic() > end:
            raise RuntimeError(f"the member at {address} read {read} of {IN_B} records in {MEMBER_WITHIN_S} s")
        message = consumer.poll(0.2)
        read += message is not None and message.error() is None
    consumer.commit(asynchronous=False)
    yield
    consumer.close()


def compared(toolbox: Toolbox, sides: list[Side], only: str | None) -> Iterator[tuple[Step, str, str]]:
    """(step, Kafka's, pykbroker's), with a line of progress each."""
    for section, steps in SECTIONS.items():
        if only and section not in ("topics", "records", only):
            continue
        with ExitStack() as open_members:
            if section == MEMBERS:
                for side in sides:
                    open_members.enter_context(member(side.broker.address))
            for step in steps:
                kafkas, ours = (side.see(toolbox, step) for side in sides)
                print("same     " if kafkas == ours else "different", step.command, file=sys.stderr, flush=True)
                yield step, kafkas, ours


def differing(kafkas: str, ours: str) -> list[str]:
    """The lines of a diff, Kafka's with `-`; none when both printed the same."""
    lines = difflib.unified_diff(kafkas.splitlines(), ours.splitlines(), "kafka", "pykbroker", lineterm="", n=1)
    return [*lines][2:]


@dataclass
class Verdict:
    """What a run found: of each command, whether both printed the same; and what nobody meant."""

    same: dict[str, bool] = field(default_factory=dict)
    unexplained: int = 0

    def hear(self, step: Step, kafkas: str, ours: str) -> None:
        self.same[step.command] = kafkas == ours and self.same.get(step.command, True)
        if kafkas == ours:
            return
        lines = differing(kafkas, ours)
        why = reason(step.command, [line[1:] for line in lines if line[0] in "+-"])
        self.unexplained += why is None
        print(f"== {step.command}", *lines, f"   meant: {why}" if why else "   NO REASON", "", sep="\n", flush=True)

    def needless(self) -> list[str]:
        """Commands that need no reason, and have one."""
        return [command for command in MEANT if self.same.get(command)]


def keep(folder: Path, kind: str, step: Step, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / kind, "a") as kept:
        kept.write(f"== {step.command}\n{text}\n\n")


def run(only: str | None, out: Path | None) -> Verdict:
    verdict = Verdict()
    with ExitStack() as closing:
        scratch = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        files = {name: str(scratch / f"{name}.json") for name in FILES}
        for name, path in files.items():
            Path(path).write_text(FILES[name])
        sides = [Side(Broker(kind, scratch / kind, SETTINGS), files) for kind in reversed(KINDS)]
        for side in sides:
            closing.callback(side.broker.kill)
            side.broker.start()
        toolbox = Toolbox()
        closing.callback(toolbox.close)
        for step, kafkas, ours in compared(toolbox, sides, only):
            verdict.hear(step, kafkas, ours)
            for side, text in zip(sides, (kafkas, ours), strict=True):
                if out:
                    keep(out, side.broker.kind, step, text)
    return verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=SECTIONS, help="this section, after those that make its state")
    parser.add_argument("--out", type=Path, help="keep everything that was printed here, one file a broker")
    parser.add_argument("--write-table", action="store_true", help="record the run in the READMEs' tables")
    asked = parser.parse_args()
    if asked.write_table and asked.only:
        parser.error("the table is of whole runs")
    if shutil.which("kcat") is None:
        sys.exit("compare.py: no `kcat` on the PATH (Debian: kcat)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # so that the brokers go with the run
    verdict = run(asked.only, asked.out)
    for command in verdict.needless():
        print(f"meant.py says why this would differ, but it does not: {command}")
    if asked.write_table:
        write_tables(verdict.same)
    same = sum(verdict.same.values())
    print(f"{len(verdict.same)} commands, {same} print the same, {verdict.unexplained} differ without a reason")
    sys.exit(1 if verdict.unexplained or verdict.needless() else 0)


if __name__ == "__main__":
    main()
