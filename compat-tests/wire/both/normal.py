"""An answer as plain data, with what may differ between two right brokers replaced by what it stands for.

Replaced are ids that a broker makes up (by the order in which they appear), its own address, times near now, and the
words of an error message, of which only the presence is compared.  Lists are compared in any order: Kafka's own follows
its hash maps.  Fields with their default are left out.
"""

from __future__ import annotations

import re
import time
from typing import Any

from .batches import described
from .client import Broker, NoAnswer

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PRODUCER, _TIMES = re.compile(r"producer (-?\d+)/"), re.compile(r"times (-?\d+) to (-?\d+)")
WORDS = {"error_message", "batch_index_error_message"}
HOUR_MS = 3_600_000
ORDERED = {"replica_nodes", "isr_nodes", "records"}
COUNTED = {"producer_id": -1, "session_id": 0}  # made up by the broker, but for this value, which says there is none


class Normal:
    """The answers of one run on one broker.  words: keep error messages."""

    def __init__(self, broker: Broker, *, words: bool = False) -> None:
        self.broker = broker
        self.words = words
        self._seen: dict[tuple[str, Any], str] = {}
        self._names_ids = True

    def answer(self, value: Any) -> Any:
        """`value` without what belongs to this broker alone."""
        return value.value if isinstance(value, NoAnswer) else self._value("", value)

    def _value(self, field: str, value: Any) -> Any:
        if hasattr(type(value), "__slots__") and not isinstance(value, str | bytes | int | float | memoryview):
            return self._struct(value)
        if isinstance(value, list | tuple):
            if isinstance(value, list) and field not in ORDERED:
                value = sorted(value, key=lambda item: repr(self._anonymous(field, item)))
            return [self._value(field, item) for item in value]
        if isinstance(value, memoryview) or (field == "records" and value is not None):
            return [self._line(line) for line in described(bytes(value))]
        if isinstance(value, bytes):
            return self._bytes(field, value)
        if isinstance(value, str):
            return self._text(field, value)
        return self._number(field, value)

    def _struct(self, value: Any) -> dict[str, Any]:
        usual = type(value)()
        plain = {
            name: self._value(name, getattr(value, name))
            for name in type(value).__slots__
            if _comparable(getattr(value, name)) != getattr(usual, name)
        }
        if (getattr(value, "host", None), getattr(value, "port", None)) == (self.broker.host, self.broker.port):
            plain |= {"host": "its host", "port": "its port"}
        return plain

    def _line(self, batch: str) -> str:
        """A batch's header: a broker may have made up the producer's id, and of its own batches the times."""
        batch = _PRODUCER.sub(lambda found: f"producer {self._number('producer_id', int(found[1]))}/", batch)
        return _TIMES.sub(lambda found: "times {} to {}".format(*map(self._time, found.groups())), batch)

    def _time(self, digits: str) -> Any:
        return self._number("_time_ms", int(digits))

    def _bytes(self, field: str, value: bytes) -> Any:
        if field != "topic_id":
            return value
        if not any(value):
            return "none"
        return self.broker.topic_ids.get(value) or self._nth("topic id", value)

    def _text(self, field: str, value: str) -> str:
        if field in WORDS and not self.words:
            return "some words"
        if field == "cluster_id":
            return "its cluster"
        if self.broker.run:
            value = value.replace(self.broker.run, "RUN")
        return UUID.sub(lambda found: self._nth("uuid", found[0]), value)

    def _number(self, field: str, value: Any) -> Any:
        if field in COUNTED and value > COUNTED[field]:
            return self._nth(field, value)
        if field.endswith(("timestamp", "_time_ms")) and abs(value - time.time() * 1000) < HOUR_MS:
            return "about now"
        if field == "finalized_features_epoch" and value >= 0:
            return "an epoch"
        return value

    def _anonymous(self, field: str, value: Any) -> Any:
        """`value` with all made-up ids alike."""
        named, self._names_ids = self._names_ids, False
        try:
            return self._value(field, value)
        finally:
            self._names_ids = named

    def _nth(self, kind: str, value: Any) -> str:
        """The name of a made-up id: the n-th of its kind."""
        if not self._names_ids:
            return kind
        count = sum(kind == other for other, _ in self._seen)
        return self._seen.setdefault((kind, value), f"{kind} #{count + 1}")


def _comparable(value: Any) -> Any:
    """Empty lists are () in defaults."""
    return tuple(value) if isinstance(value, list) else value
