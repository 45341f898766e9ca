"""Throughput, by librdkafka's rdkafka_performance: produce, catch up, both together, and from a producer to a consumer.

A topic's name ends with its number of partitions, which is all that the floor (floor.c) goes by.
"""

import re
import statistics
import time
from pathlib import Path

import programs
from peers import BROKERS
from session import Failed, Session

KB, SMALL = 1000, 100  # bytes of a value
MB, GB = 1_000_000, 1_000_000_000
_PRODUCED = re.compile(r"(\d+) delivered .* in (\d+)ms")
_CONSUMED = re.compile(r"(\d+) messages \(\d+ bytes\) consumed in (\d+)ms")


def command(session: Session, topic: str, *options: object) -> list[object]:
    quiet = ["-q", "-X", "log_level=0", "-X", "linger.ms=5"]
    return [programs.rdkafka_performance(), *quiet, "-b", session.peer.address, "-t", topic, *options]


def producing(session: Session, topic: str, count: int, size: int, acks: int = 1, codec: str = "none") -> list[object]:
    place = ["-p", 0] if topic.endswith("1") else []
    return command(session, topic, "-P", *place, "-s", size, "-c", count, "-a", acks, "-z", codec)


def consuming(session: Session, topic: str, count: int) -> list[object]:
    return command(session, topic, "-C", "-p", 0, "-o", "beginning", "-c", count)


def records_a_second(form: re.Pattern[str], printed: str, count: int) -> float:
    """What rdkafka_performance says it did.

    Raises:
        Failed: it is not the `count` that it was asked for.
    """
    told = form.search(printed)
    if told is None or int(told[1]) != count:
        raise Failed(f"rdkafka_performance: not {count} records: {printed.strip()[-300:]}")
    return count * 1000 / max(int(told[2]), 1)


def warm(session: Session) -> None:
    """The broker has taken some large batches and given them back."""
    with session.topic(1) as topic:
        session.run(*producing(session, topic, 100_000, KB))
        session.run(*consuming(session, topic, 100_000))


def measure_produce(session: Session) -> None:
    count, produced_gb, before = int(400_000 * session.seconds), 0.0, session.peer.cpu_s()
    for row, partitions, acks in (("p1-acks1", 1, 1), ("p1-all", 1, -1), ("p4-acks1", 4, 1), ("p4-all", 4, -1)):
        if session.wants(f"produce.1k-{row}", "produce.cpu", "memory.after-produce"):
            session.note(f"produce.1k-{row}", produce(session, partitions, count, KB, acks) * KB / MB)
            produced_gb += count * KB / GB
    session.note("produce.cpu", (session.peer.cpu_s() - before) / produced_gb if produced_gb else 0)
    for row, codec in (("100b", "none"), ("100b-lz4", "lz4"), ("100b-zstd", "zstd")):
        if session.wants(f"produce.{row}", "memory.after-produce"):
            session.note(f"produce.{row}", produce(session, 1, 5 * count, SMALL, 1, codec))
    if session.peer.kind in BROKERS:
        _note_memory(session, "memory.after-produce")


def produce(session: Session, partitions: int, count: int, size: int, acks: int, codec: str = "none") -> float:
    """Records a second into a new topic."""
    with session.topic(partitions) as topic:
        session.touch(count * size)
        return records_a_second(_PRODUCED, session.run(*producing(session, topic, count, size, acks, codec)), count)


def measure_consume(session: Session) -> None:
    count = int(500_000 * session.seconds)
    with session.topic(1) as topic:
        session.touch(count * KB)
        session.run(*producing(session, topic, count, KB))
        before = session.peer.cpu_s()
        printed = session.run(*consuming(session, topic, count))
        session.note("consume.cpu", (session.peer.cpu_s() - before) / (count * KB / GB))
        session.note("consume.1", records_a_second(_CONSUMED, printed, count) * KB / MB)
        if session.wants("consume.3"):
            three = session.run_together(*[consuming(session, topic, count)] * 3)
            slowest = min(records_a_second(_CONSUMED, printed, count) for printed in three)
            session.note("consume.3", 3 * slowest * KB / MB)


def measure_together(session: Session) -> None:
    count = int(400_000 * session.seconds)
    with session.topic(1) as topic:
        session.touch(count * KB)
        loads = consuming(session, topic, count), producing(session, topic, count, KB)
        consumed, produced = session.run_together(*loads)
    slower = min(records_a_second(_CONSUMED, consumed, count), records_a_second(_PRODUCED, produced, count))
    session.note("together.rate", slower * KB / MB)
    if session.wants("together.p50", "together.p99"):
        with session.topic(1) as topic:
            took_us = sorted(_to_a_waiting_consumer(session, topic, int(1000 * session.seconds)))
        session.note("together.p50", statistics.median(took_us))
        session.note("together.p99", took_us[-1 - len(took_us) // 100])


def _to_a_waiting_consumer(session: Session, topic: str, count: int) -> list[int]:
    """Microseconds from before a record is given to a producer until the consumer has it, at 1,000 records a second.

    rdkafka_performance consumes; its own producer would spin between two records and so take one of the cores.
    """
    import confluent_kafka

    early = 200  # records that come before the consumer is at rest
    with session.file(b"") as latencies:
        options = ["-l", "-A", latencies, "-X", "fetch.wait.max.ms=500"]
        consumer = session.start(*consuming(session, topic, count + early), *options)
        producer = confluent_kafka.Producer(
            {"bootstrap.servers": session.peer.address, "linger.ms": 0, "acks": 1, "log_level": 0}
        )
        time.sleep(1)  # the consumer waits before the first record comes
        began = time.monotonic()
        for number in range(count + early):
            time.sleep(max(0.0, began + number / 1000 - time.monotonic()))
            producer.produce(topic, b"LATENCY:%d " % (time.time_ns() // 1000), partition=0)
            producer.poll(0)
        if left := producer.flush(30):
            raise Failed(f"{left} records were not acknowledged")
        session.finish(consumer)
        return [int(line) for line in Path(latencies).read_text().split()][early:]


def measure_idle(session: Session) -> None:
    """Before anything was asked of the broker."""
    time.sleep(1)
    _note_memory(session, "memory.idle")


def _note_memory(session: Session, row: str) -> None:
    resident, shared = session.peer.memory_mb()
    session.note(row, resident)
    session.remark(row, f"{shared:.0f} MB PSS, {session.peer.descriptors()} descriptors")
