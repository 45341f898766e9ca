"""Properties that can change while a broker runs: each has its effect without a restart, and still after a kill."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from broker_process import Broker
from clients import wait_until
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewTopic,
    ResourceType,
)

OFTEN = {"log.retention.check.interval.ms": 200, "log.initial.task.delay.ms": 200}
MINUTE_S = 60
TOO_LARGE, INVALID_TIMESTAMP, INVALID_RECORD = 10, 32, 87


class Operated:
    """A broker whose properties are changed, and what a client then sees."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self._topics = 0
        self.admin = AdminClient({"bootstrap.servers": broker.address})

    def set(self, name: str, value: str | None) -> None:
        """With None the property has what the broker was started with."""
        operation = AlterConfigOpType.SET if value is not None else AlterConfigOpType.DELETE
        entry = ConfigEntry(name, value, source=ConfigSource.DYNAMIC_BROKER_CONFIG, incremental_operation=operation)
        resource = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[entry])
        for changed in self.admin.incremental_alter_configs([resource]).values():
            changed.result(10)

    def topic(self) -> str:
        self._topics += 1
        name = f"t{self._topics}"
        self.admin.create_topics([NewTopic(name, 1, 1)])[name].result(10)
        wait_until(lambda: (self.broker.data / f"{name}-0").exists() or self.send(name, b"first") is not None)
        return name

    def send(self, topic: str, value: bytes, **fields: object) -> int | str:
        """The code of the refusal, or how the record's time is called."""
        seen: list[int | str] = []

        def delivered(error: object, message: object) -> None:
            seen.append(error.code() if error else ("", "CreateTime", "LogAppendTime")[message.timestamp()[0]])

        producer = Producer({"bootstrap.servers": self.broker.address, "message.max.bytes": 10_000_000})
        producer.produce(topic, value, partition=0, on_delivery=delivered, **fields)
        producer.flush(10)
        return seen[0]

    def files(self, topic: str, pattern: str = "*.log") -> list[Path]:
        return sorted((self.broker.data / f"{topic}-0").glob(pattern))

    def start_of(self, topic: str) -> int:
        consumer = Consumer({"bootstrap.servers": self.broker.address, "group.id": "unused"})
        start, _ = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10, cached=False)
        consumer.close()
        return start

    def values(self, topic: str, count: int) -> list[bytes]:
        """The first `count` of its records, or those that come within a second."""
        consumer = Consumer({"bootstrap.servers": self.broker.address, "group.id": "unused"})
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        read = [message.value() for message in consumer.consume(count, timeout=1.0)]
        consumer.close()
        return read


@pytest.fixture(scope="module")
def operated(start_broker: Callable[..., Broker]) -> Operated:
    return Operated(start_broker(**OFTEN))


@pytest.fixture
def on(operated: Operated) -> Callable[..., str]:
    """Sets properties, gives a topic that was there before, and takes them back in the end."""
    with ExitStack() as undone:

        def changed(**settings: object) -> str:
            topic = operated.topic()
            for name, value in settings.items():
                undone.callback(operated.set, name.replace("_", "."), None)
                operated.set(name.replace("_", "."), str(value))
            return topic

        yield changed


def seen(look: Callable[[], object], expected: object) -> None:
    """Kafka's broker hears of what its controller decided a moment later."""
    wait_until(lambda: look() == expected)


def ago(seconds: float) -> int:
    return int((time.time() - seconds) * 1000)


def test_how_large_a_batch_may_be(operated, on):
    topic = on(message_max_bytes=2000)
    seen(lambda: operated.send(topic, b"x" * 5000), TOO_LARGE)


def test_whose_time_records_have_and_which_they_may_have(operated, on):
    topic = on(log_message_timestamp_before_max_ms=1000, log_message_timestamp_after_max_ms=2000)
    seen(lambda: operated.send(topic, b"x", timestamp=ago(MINUTE_S)), INVALID_TIMESTAMP)
    seen(lambda: operated.send(topic, b"x", timestamp=ago(-MINUTE_S)), INVALID_TIMESTAMP)
    assert operated.send(topic, b"x") == "CreateTime"
    operated.set("log.message.timestamp.type", "LogAppendTime")
    seen(lambda: operated.send(topic, b"x"), "LogAppendTime")
    operated.set("log.message.timestamp.type", None)


def test_what_becomes_of_batches(operated, on):
    topic = on(compression_type="gzip")
    time.sleep(0.5)
    before = operated.files(topic)[-1].stat().st_size
    operated.send(topic, bytes(200_000))
    assert operated.files(topic)[-1].stat().st_size - before < 20_000


def test_when_a_segment_is_rolled(operated, on):
    by_size = on(log_segment_bytes=1024 * 1024)
    seen(lambda: (operated.send(by_size, bytes(700_000)), len(operated.files(by_size)) >= 3)[1], True)
    by_time = on(log_roll_ms=100)
    seen(lambda: (operated.send(by_time, b"x"), len(operated.files(by_time)) >= 3)[1], True)


def test_what_is_past_retention(operated, on):
    topic = on(log_segment_bytes=1024 * 1024, log_segment_delete_delay_ms=100)
    seen(lambda: (operated.send(topic, bytes(700_000)), len(operated.files(topic)) >= 4)[1], True)
    operated.set("log.retention.bytes", "1000000")
    seen(lambda: operated.start_of(topic) > 0, True)
    operated.set("log.retention.bytes", None)
    operated.set("log.retention.ms", "1")
    end = operated.start_of(topic) + 2
    seen(lambda: operated.start_of(topic) >= end, True)
    operated.set("log.retention.ms", None)
    seen(lambda: operated.files(topic, "*.deleted"), [])


def test_what_is_compacted(operated, on):
    topic = on(log_cleanup_policy="compact", log_cleaner_backoff_ms=100)
    seen(lambda: operated.send(topic, b"x"), INVALID_RECORD)
    operated.set("log.cleaner.min.cleanable.ratio", "0.01")
    operated.set("log.roll.ms", "50")
    for number in range(10):
        operated.send(topic, b"%d" % number, key=b"one key")
        time.sleep(0.1)
    seen(lambda: len([v for v in operated.values(topic, 12) if v.isdigit()]) <= 2, True)
    for name in ("log.cleaner.min.cleanable.ratio", "log.roll.ms"):
        operated.set(name, None)


def test_how_many_connections_one_address_may_have(operated, on):
    on(max_connections_per_ip=25)

    def hung_up_on() -> int:
        with ExitStack() as closing:
            address = "127.0.0.1", operated.broker.port
            many = [closing.enter_context(socket.create_connection(address, timeout=1)) for _ in range(40)]
            time.sleep(0.3)
            return sum(_is_closed(each) for each in many)

    seen(lambda: hung_up_on() >= 10, True)


def _is_closed(sock: socket.socket) -> bool:
    sock.settimeout(0.01)
    try:
        return sock.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_how_many_connections_come_in_a_second(operated, on):
    on(max_connection_creation_rate=2)
    time.sleep(0.5)
    began = time.monotonic()
    for _ in range(40):
        AdminClient({"bootstrap.servers": operated.broker.address}).list_topics(timeout=60)
        if time.monotonic() - began > 5:
            break
    assert time.monotonic() - began > 5


def test_what_cannot_be_is_refused_and_changes_nothing(operated):
    for name, value in [("message.max.bytes", "many"), ("log.dirs", "/elsewhere"), ("num.io.threads", "1000")]:
        with pytest.raises(KafkaException):
            operated.set(name, value)


def test_all_of_it_is_still_in_effect_after_a_kill(operated, on):
    topic = on(message_max_bytes=2000, log_message_timestamp_type="LogAppendTime")
    operated.broker.restart(kill=True)
    seen(lambda: operated.send(topic, b"x" * 5000), TOO_LARGE)
    assert operated.send(topic, b"x") == "LogAppendTime"
