"""`pykbroker consume`: the records of a topic from some point on, to its end or for as long as one looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from pykbroker.cli.completion import topic_names
from pykbroker.cli.failures import Failed, Wrong, refusal
from pykbroker.cli.options import connects

if TYPE_CHECKING:
    from pykbroker_protocol.apis.fetch import FetchResponse

    from pykbroker.cli.cluster import Cluster, Partition
    from pykbroker.storage.records import Record

_FETCH_BYTES, _PARTITION_BYTES = 16 * 2**20, 2 * 2**20
_WAIT_MS = 500
_EXAMPLES = """\b
Examples:
  pykbroker consume -t greetings                       all that is there
  pykbroker consume -t greetings -f --from end         what comes from now on, until Ctrl-C
  pykbroker consume -t greetings -n 10 --from -10      the last ten offsets of each partition, at most ten records
  pykbroker consume -t greetings --from 2026-01-31T12:00 --format json

\b
--from takes: beginning, end, an offset, -N for the last N offsets of each partition,
or a time (2026-01-31, 2026-01-31T12:00, with +01:00 or Z; without, the local one).
"""


@click.command(epilog=_EXAMPLES)
@click.option("-t", "--topic", required=True, shell_complete=topic_names, help="What to read.")
@connects
@click.option("-p", "--partition", "only", type=click.IntRange(min=0), multiple=True, help="Only this one; repeatable.")
@click.option("--from", "start", metavar="WHERE", default="beginning", show_default=True, help="Where to begin; below.")
@click.option("-f", "--follow", is_flag=True, help="Do not end: wait for what comes.")
@click.option("-n", "--count", type=click.IntRange(min=1), help="End after this many records.")
@click.option("--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="With text: time, place, key and headers too.")
def consume(
    topic: str,
    bootstrap: str,
    only: tuple[int, ...],
    start: str,
    follow: bool,
    count: int | None,
    style: str,
    verbose: bool,
) -> None:
    """Print the records of a topic: each value on a line, or each record as JSON."""
    from pykbroker.cli.cluster import LATEST, Cluster
    from pykbroker.cli.output import progress
    from pykbroker.cli.shown_records import printer

    show = printer(topic, style, verbose)
    with Cluster(bootstrap) as cluster:
        (found,) = cluster.topics([topic])
        partitions = [(topic, index) for index in _chosen(topic, len(found.partitions), only)]
        positions = start_of(cluster, partitions, start)
        ends = None if follow else cluster.offsets(partitions, LATEST)
        total = None if ends is None else sum(max(ends[p] - positions[p], 0) for p in partitions)
        with progress(f"Reading {topic}", min(total, count) if total and count else total) as advance:
            try:
                for shown, (index, record) in enumerate(_records(cluster, topic, positions, ends), 1):
                    show(topic, index, record)
                    advance(1)
                    if shown == count:
                        break
            except KeyboardInterrupt:
                if not follow:
                    raise


def _chosen(topic: str, partitions: int, only: tuple[int, ...]) -> list[int]:
    for index in only:
        if index >= partitions:
            raise Wrong(f"{topic} has the partitions 0 to {partitions - 1}, not {index}")
    return sorted(set(only)) or list(range(partitions))


def start_of(cluster: Cluster, partitions: list[Partition], where: str) -> dict[Partition, int]:
    """The offset in each partition that `--from` means.

    Raises:
        Wrong: it means nothing.
    """
    from pykbroker.cli.cluster import EARLIEST, LATEST
    from pykbroker.cli.times import timestamp_of

    if where == "beginning":
        return cluster.offsets(partitions, EARLIEST)
    ends = cluster.offsets(partitions, LATEST)
    if where == "end":
        return ends
    if where.removeprefix("-").isdecimal():
        starts, number = cluster.offsets(partitions, EARLIEST), int(where)
        return {p: max(starts[p], min(ends[p], ends[p] + number if number < 0 else number)) for p in partitions}
    found = cluster.offsets(partitions, timestamp_of(where, "--from"))
    return {p: offset if offset >= 0 else ends[p] for p, offset in found.items()}


def _records(
    cluster: Cluster, topic: str, positions: dict[Partition, int], ends: dict[Partition, int] | None
) -> Iterator[tuple[int, Record]]:
    """(partition, record) from `positions` on, up to `ends`, or without end."""
    positions = dict(positions)
    while True:
        wanted = [place for place in positions if ends is None or positions[place] < ends[place]]
        if not wanted:
            return
        for leader, led in cluster.by_leader(wanted).items():
            for found in _fetch(cluster, leader, topic, {place: positions[place] for place in led}):
                place = topic, found.partition_index
                for offset, record in _of_partition(cluster, place, found, positions[place]):
                    if record is not None and (ends is None or record.offset < ends[place]):
                        yield place[1], record
                    positions[place] = offset
                # The first partition of a request is the first to get bytes: another one's turn.
                positions[place] = positions.pop(place)


def _fetch(
    cluster: Cluster, leader: int, topic: str, positions: dict[Partition, int]
) -> list[FetchResponse.FetchableTopicResponse.PartitionData]:
    from pykbroker_protocol.apis.fetch import FETCH, FetchRequest

    asked = [
        FetchRequest.FetchTopic.FetchPartition(
            partition=index, fetch_offset=offset, partition_max_bytes=_PARTITION_BYTES
        )
        for (_, index), offset in positions.items()
    ]
    request = FetchRequest(
        max_wait_ms=_WAIT_MS,
        min_bytes=1,
        max_bytes=_FETCH_BYTES,
        topics=[FetchRequest.FetchTopic(topic=topic, partitions=asked)],
    )
    answer = cluster.broker(leader).ask(FETCH, request, at_most=12)  # from 13 on topics are ids
    if answer.error_code:
        raise refusal(f"{topic} cannot be read", answer.error_code)
    return [partition for response in answer.responses for partition in response.partitions]


def _of_partition(
    cluster: Cluster, place: Partition, found: FetchResponse.FetchableTopicResponse.PartitionData, position: int
) -> Iterator[tuple[int, Record | None]]:
    """(where to go on, a record or None) for all that was fetched of one partition from `position` on."""
    from pykbroker_protocol.errors import ErrorCode, Refused

    from pykbroker.cli.cluster import EARLIEST
    from pykbroker.cli.fetched import batches, records_from

    name = f"{place[0]}-{place[1]}"
    if found.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
        start = cluster.offsets([place], EARLIEST)[place]
        if start <= position:
            raise Failed(
                f"{name} ends before offset {position} now: its log was cut, or the topic made anew; start again"
            )
        click.echo(f"pykbroker: {name}: offsets {position} to {start - 1} were deleted meanwhile", err=True)
        yield start, None
        return
    if found.error_code:
        raise refusal(f"{name} cannot be read at offset {position}", found.error_code)
    for batch, header in batches(found.records or b"", name):
        try:
            for record in records_from(batch, header, position):
                yield record.offset + 1, record
        except Refused as fault:
            raise Failed(
                f"{name}: the batch at offset {header.base_offset} cannot be read ({fault}); "
                f"`--from {header.last_offset + 1} -p {place[1]}` goes on behind it"
            ) from fault
        yield max(position, header.last_offset + 1), None
