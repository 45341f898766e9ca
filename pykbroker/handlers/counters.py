"""What happened to each topic since the start: numbers that only grow, and that only a scrape reads.

Counting is an attribute that is added to, once a request and partition; nothing is summed up before somebody asks.
What counts is what counts in Kafka (BrokerTopicMetrics), and a partition of a request is its unit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from pykbroker_protocol.errors import ErrorCode

# Kafka tells of these elsewhere: a failure is what an operator has to look into.
_NO_FAILED_PRODUCE = frozenset(
    {
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.NOT_LEADER_OR_FOLLOWER,
        ErrorCode.MESSAGE_TOO_LARGE,
        ErrorCode.RECORD_LIST_TOO_LARGE,
        ErrorCode.CORRUPT_MESSAGE,
        ErrorCode.KAFKA_STORAGE_ERROR,
        ErrorCode.INVALID_TOPIC_EXCEPTION,
    }
)
FAILED_FETCH = frozenset({ErrorCode.CORRUPT_MESSAGE, ErrorCode.UNKNOWN_SERVER_ERROR})
_TOO_LARGE = frozenset({ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.RECORD_LIST_TOO_LARGE})


@dataclass(slots=True, eq=False)
class TopicCounters:
    """One topic's.  `produce_requests` and `fetch_requests` grow by one for each partition of such a request."""

    messages_in: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    bytes_rejected: int = 0
    produce_requests: int = 0
    failed_produce_requests: int = 0
    fetch_requests: int = 0
    failed_fetch_requests: int = 0

    def refused_produce(self, code: ErrorCode, nbytes: int) -> None:
        if code in _TOO_LARGE:
            self.bytes_rejected += nbytes
        if code not in _NO_FAILED_PRODUCE:
            self.failed_produce_requests += 1


class Counters(dict[str, TopicCounters]):
    """Those of each topic that was asked for, by its name."""

    def __init__(self) -> None:
        self._gone = TopicCounters()

    def __missing__(self, topic: str) -> TopicCounters:
        counters = self[topic] = TopicCounters()
        return counters

    def forget(self, topic: str) -> None:
        """The topic is deleted; what it had stays in the totals, which must never shrink."""
        counters = self.pop(topic, None)
        if counters is not None:
            for each in fields(counters):
                setattr(self._gone, each.name, getattr(self._gone, each.name) + getattr(counters, each.name))

    def total(self, name: str) -> int:
        """Of all topics, the deleted ones too."""
        return sum(int(getattr(counters, name)) for counters in (self._gone, *self.values()))
