"""CreatePartitions."""

from __future__ import annotations

from collections import Counter

from pykbroker_protocol.apis.create_partitions import CreatePartitionsRequest, CreatePartitionsResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.topics.creation import MAX_PARTITIONS
from pykbroker.topics.growth import check_growth

from .broker import Broker
from .client import Client

_Asked = CreatePartitionsRequest.CreatePartitionsTopic
_Result = CreatePartitionsResponse.CreatePartitionsTopicResult


def create_partitions(broker: Broker, request: CreatePartitionsRequest, client: Client) -> CreatePartitionsResponse:
    """Each topic gets its partitions or is refused, whatever becomes of the others; one that is named twice is refused.

    Raises:
        Refused: REQUEST_TIMED_OUT, of all of them.
    """
    times = Counter(asked.name for asked in request.topics)
    wanted = [asked for asked in request.topics if times[asked.name] == 1]
    if wanted and request.timeout_ms <= 0:  # Kafka's controller finds such a request late before it begins
        raise Refused(ErrorCode.REQUEST_TIMED_OUT)
    results = [
        _Result(name=name, error_code=ErrorCode.INVALID_REQUEST, error_message="Duplicate topic name.")
        for name, count in times.items()
        if count > 1
    ]
    room = MAX_PARTITIONS
    for asked in wanted:
        try:
            room -= _grow(broker, asked, room, request.validate_only)
            results.append(_Result(name=asked.name))
        except Refused as refused:
            results.append(_Result(name=asked.name, error_code=refused.code, error_message=refused.why or None))
    return CreatePartitionsResponse(results=results)


def _grow(broker: Broker, asked: _Asked, room: int, validate_only: bool) -> int:
    """How many partitions the topic got, or would get."""
    topic = broker.catalog.topic_by_name(asked.name)
    if topic is None:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    assignments = None if asked.assignments is None else [given.broker_ids for given in asked.assignments]
    additional = asked.count - topic.partitions
    if additional > room:  # Kafka's limit too, which it finds as an UNKNOWN_SERVER_ERROR
        why = f"{additional} partitions more are too many: one request can create {MAX_PARTITIONS} in all."
        raise Refused(ErrorCode.POLICY_VIOLATION, why)
    check_growth(topic, asked.count, assignments, broker.node)
    if not validate_only:
        broker.grow_topic(topic, asked.count)
    return additional
