"""`pykbroker produce`: lines become records.  What arrives together is sent together, so a pipe is quick and a person
who types sees each line go out."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import click

from pykbroker.cli.completion import topic_names
from pykbroker.cli.failures import Failed, Wrong, refusal
from pykbroker.cli.options import connects, pairs

if TYPE_CHECKING:
    from pykbroker.cli.cluster import Cluster
    from pykbroker.storage.records import Record

_READ_BYTES = 256 * 1024
_BATCH_BYTES = 512 * 1024  # below the broker's message.max.bytes of 1 MiB
_MOST_IN_BATCH = 50_000
_WITHIN_MS = 30_000
_EXAMPLES = """\b
Examples:
  echo hello | pykbroker produce -t greetings
  pykbroker produce -t greetings -k Ada -v hello -H lang=en
  pykbroker produce -t users --key-separator : --codec zstd < users.txt
"""


@click.command(epilog=_EXAMPLES)
@click.option("-t", "--topic", required=True, shell_complete=topic_names, help="Where to; it must exist.")
@connects
@click.option(
    "-v", "--value", "values", multiple=True, help="Send this instead of lines of standard input; repeatable."
)
@click.option("-k", "--key", help="The key of every record.")
@click.option("--key-separator", metavar="TEXT", help="Each line is its key, TEXT, its value.")
@click.option("-H", "--header", "headers", metavar="NAME=VALUE", multiple=True, help="A header; repeatable.")
@click.option("--null", metavar="TEXT", help="A value that is TEXT is sent as null: a tombstone.")
@click.option("-p", "--partition", type=click.IntRange(min=0), help="Instead of the one that the key chooses.")
@click.option(
    "--codec",
    type=click.Choice(["none", "gzip", "snappy", "lz4", "zstd"]),
    default="none",
    show_default=True,
    help="How batches are compressed.",
)
def produce(
    topic: str,
    bootstrap: str,
    values: tuple[str, ...],
    key: str | None,
    key_separator: str | None,
    headers: tuple[str, ...],
    null: str | None,
    partition: int | None,
    codec: str,
) -> None:
    """Send the lines of standard input, each as a record, and wait until they are stored."""
    from pykbroker.cli.cluster import Cluster
    from pykbroker.cli.output import progress

    if key_separator == "":
        raise Wrong("--key-separator is empty: write the text that stands between key and value")
    if key is not None and key_separator is not None:
        raise Wrong("-k gives every record the same key, and --key-separator each its own: leave one out")
    recorded = [(name, value.encode()) for word in headers for name, value in pairs((word,), "-H").items()]
    reading = _Reading(key, key_separator, recorded, null)
    with Cluster(bootstrap) as cluster:
        (found,) = cluster.topics([topic])
        sending = _Sending(cluster, topic, len(found.partitions), partition, codec)
        lines = iter([[value.encode() for value in values]]) if values else _lines()
        with progress(f"Sending to {topic}") as advance:
            for together in lines:
                advance(sending.send([reading.record(line) for line in together]))
    click.echo(f"{sending.sent} record{'s' if sending.sent != 1 else ''} to {topic}.", err=True)


class _Reading:
    """A line, and what the options add to it."""

    def __init__(
        self, key: str | None, separator: str | None, headers: list[tuple[str, bytes]], null: str | None
    ) -> None:
        self._key = None if key is None else key.encode()
        self._separator = None if separator is None else separator.encode()
        self._headers = headers
        self._null = None if null is None else null.encode()
        self._number = 0

    def record(self, line: bytes) -> Record:
        from pykbroker.storage.records import Record

        self._number += 1
        key, value = self._key, line
        if self._separator is not None:
            key, found, value = line.partition(self._separator)
            if not found:
                raise Failed(
                    f"Line {self._number} has no {self._separator.decode()!r} between key and value, and is not sent"
                )
        kept = None if value == self._null else value
        return Record(key, kept, int(time.time() * 1000), self._headers)


def _lines() -> Iterator[list[bytes]]:
    """Lines of standard input, those together that were there at once.  The last need not end."""
    stdin, rest = cast(io.BufferedReader, sys.stdin.buffer), b""
    while block := stdin.read1(_READ_BYTES):  # what is there, without waiting for more
        if b"\n" not in block:
            rest += block
            continue
        *lines, rest = (rest + block).split(b"\n")
        yield [line.removesuffix(b"\r") for line in lines]
    if rest:
        yield [rest]


class _Sending:
    """Records on their way to one topic; `sent` are stored."""

    def __init__(self, cluster: Cluster, topic: str, partitions: int, partition: int | None, codec: str) -> None:
        from pykbroker.storage.compression import NAMES

        if partition is not None and partition >= partitions:
            raise Wrong(f"{topic} has the partitions 0 to {partitions - 1}, not {partition}")
        self._cluster, self._topic, self._partitions = cluster, topic, partitions
        self._partition, self._codec = partition, NAMES.index(codec)
        self._next = 0
        self.sent = 0

    def send(self, records: list[Record]) -> int:
        """All of `records` are stored; how many they are.  Keyless ones stay together, the next go elsewhere."""
        from pykbroker.cli.partitioning import partition_of

        keyless = self._next % self._partitions
        self._next += 1
        by_partition: dict[int, list[Record]] = {}
        for record in records:
            index = keyless if record.key is None else partition_of(record.key, self._partitions)
            by_partition.setdefault(index if self._partition is None else self._partition, []).append(record)
        for index, its in by_partition.items():
            for batch in _batches(its):
                self._store(index, batch)
        return len(records)

    def _store(self, index: int, records: list[Record]) -> None:
        from pykbroker_protocol.apis.produce import PRODUCE, ProduceRequest

        from pykbroker.storage.records import build_batch

        topic = ProduceRequest.TopicProduceData(
            name=self._topic,
            partition_data=[
                ProduceRequest.TopicProduceData.PartitionProduceData(
                    index=index, records=build_batch(records, codec=self._codec)
                )
            ],
        )
        request = ProduceRequest(acks=-1, timeout_ms=_WITHIN_MS, topic_data=[topic])
        (leader,) = self._cluster.by_leader([(self._topic, index)])
        answer = self._cluster.broker(leader).ask(PRODUCE, request, at_most=12)  # from 13 on topics are ids
        stored = answer.responses[0].partition_responses[0]
        if stored.error_code:
            what = f"{self.sent} records were stored, the next ones not ({self._topic}, partition {index})"
            raise refusal(what, stored.error_code, stored.error_message)
        self.sent += len(records)


def _batches(records: list[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    headers_bytes = sum(len(name) + len(value or b"") for name, value in records[0].headers)  # all have the same
    for record in records:
        more = len(record.key or b"") + len(record.value or b"") + headers_bytes
        if batch and (size + more > _BATCH_BYTES or len(batch) == _MOST_IN_BATCH):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += more
    if batch:
        yield batch
