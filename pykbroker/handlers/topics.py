"""CreateTopics and DeleteTopics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pykbroker_protocol.apis.create_topics import CREATE_TOPICS, CreateTopicsRequest, CreateTopicsResponse
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest, DeleteTopicsResponse
from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.types import NO_UUID

from pykbroker import codec
from pykbroker.config.described import created_topic_config
from pykbroker.config.layers import Layers
from pykbroker.config.values import ConfigInvalid
from pykbroker.topics import names
from pykbroker.topics.catalog import Topic
from pykbroker.topics.creation import MAX_PARTITIONS, USE_DEFAULT, NewTopic, Node, check_name, partition_count

from .broker import Broker
from .client import Client

_CONFIGS_SINCE = 5  # KIP-525

_Created = CreateTopicsResponse.CreatableTopicResult
_Config = _Created.CreatableTopicConfigs
_Deleted = DeleteTopicsResponse.DeletableTopicResult
_Asked = CreateTopicsRequest.CreatableTopic


def create_topics(broker: Broker, request: CreateTopicsRequest, client: Client) -> CreateTopicsResponse:
    """Each topic is created or refused, whatever becomes of the others; one that is named twice is refused.

    Raises:
        Refused: REQUEST_TIMED_OUT, of all of them.
    """
    _check_time(request.timeout_ms)
    times = Counter(asked.name for asked in request.topics)
    if _partitions(request, broker.config.num_partitions) > MAX_PARTITIONS:
        why = "Excessively large number of partitions per request."
        code = ErrorCode.POLICY_VIOLATION
        return CreateTopicsResponse(
            topics=[_Created(name=name, error_code=code, error_message=why, configs=[]) for name in times]
        )
    wanted = [asked for asked in request.topics if times[asked.name] == 1]
    results = _create_each(broker, wanted, request.validate_only, client.api_version)
    why = "Duplicate topic name."
    twice = [
        _Created(name=name, error_code=ErrorCode.INVALID_REQUEST, error_message=why, configs=[])
        for name, count in times.items()
        if count > 1
    ]
    return CreateTopicsResponse(topics=[*results, *twice])


def _check_time(timeout_ms: int) -> None:
    if timeout_ms <= 0:  # Kafka's controller finds such a request late before it begins
        raise Refused(ErrorCode.REQUEST_TIMED_OUT)


def _partitions(request: CreateTopicsRequest, default_partitions: int) -> int:
    """How many partitions the whole request asks for."""
    asked = [len(topic.assignments) or topic.num_partitions for topic in request.topics]
    return sum(default_partitions if count == USE_DEFAULT else count for count in asked)


def _create_each(broker: Broker, wanted: Sequence[_Asked], validate_only: bool, version: int) -> list[_Created]:
    checked: list[tuple[NewTopic, int]] = []
    outcomes: list[Refused | int] = []  # or its number among those
    node = broker.node
    for asked in wanted:
        new = NewTopic(
            name=asked.name,
            num_partitions=asked.num_partitions,
            replication_factor=asked.replication_factor,
            assignments=[(assignment.partition_index, assignment.broker_ids) for assignment in asked.assignments],
            configs={config.name: config.value for config in asked.configs},
        )
        try:
            checked.append((new, _check(broker, new, node)))
            outcomes.append(len(checked) - 1)
        except Refused as refused:
            outcomes.append(refused)
    if validate_only:
        ids = [broker.new_uuid() for _ in checked]
    else:
        ids = [topic.topic_id for topic in broker.create_topics(checked)] if checked else []
    return [
        _Created(name=asked.name, error_code=outcome.code, error_message=outcome.why, configs=[])
        if isinstance(outcome, Refused)
        else _created(broker, *checked[outcome], ids[outcome], version)
        for asked, outcome in zip(wanted, outcomes, strict=True)
    ]


def _created(broker: Broker, new: NewTopic, partitions: int, topic_id: bytes, version: int) -> _Created:
    return _Created(
        name=new.name,
        topic_id=topic_id,
        error_message=None,
        num_partitions=partitions,
        replication_factor=1,
        configs=_told_configs(broker.layers, new.configs) if new.configs else _plain_configs(broker.layers, version),
    )


def _told_configs(layers: Layers, overrides: Mapping[str, str | None]) -> list[_Config]:
    return [
        _Config(name=name, value=value, config_source=source)
        for name, value, source in created_topic_config(layers, overrides)
    ]


@lru_cache(4)
def _plain_configs(layers: Layers, version: int) -> Any:
    """The configs of a topic that sets none itself, Encoded: most topics have the same."""
    if version < _CONFIGS_SINCE:
        return codec.Encoded(0, b"")
    path = "topics", "configs"
    return codec.encode_items(CREATE_TOPICS.response, path, version, _told_configs(layers, {}))


def _check(broker: Broker, new: NewTopic, node: Node) -> int:
    """The partitions that `new` gets; raises Refused if it may not be."""
    if new.name == names.CLUSTER_METADATA:
        raise Refused(ErrorCode.INVALID_REQUEST, f"Creation of internal topic {new.name} is prohibited.")
    check_name(broker.catalog, new.name)
    try:
        broker.config.check_topic_config(new.configs)
    except ConfigInvalid as invalid:
        raise Refused(ErrorCode.INVALID_CONFIG, str(invalid)) from None
    config = broker.config
    return partition_count(
        new,
        node,
        default_partitions=config.num_partitions,
        default_replication=config.default_replication_factor,
    )


def create_by_default(broker: Broker, name: str) -> Topic:
    """A topic that a client named without creating it, with the broker's defaults.

    Kafka answers such a client with an error and creates the topic meanwhile; here it is there at once.

    Raises:
        Refused: INVALID_TOPIC_EXCEPTION.
    """
    if name == names.GROUP_METADATA:
        return broker.ensure_internal_topic(name)
    new = NewTopic(name)
    return broker.create_topic(new, _check(broker, new, broker.node))


def delete_topics(broker: Broker, request: DeleteTopicsRequest, client: Client) -> DeleteTopicsResponse:
    """Topics by name, or by id from version 6 on; each is deleted or refused.

    Raises:
        Refused: REQUEST_TIMED_OUT or TOPIC_DELETION_DISABLED, of all of them.
    """
    if not broker.config.delete_topic_enable:
        raise Refused(ErrorCode.TOPIC_DELETION_DISABLED)
    _check_time(request.timeout_ms)
    by_name = [(name, NO_UUID) for name in request.topic_names]
    by_state = [(asked.name, asked.topic_id) for asked in request.topics]
    return DeleteTopicsResponse(responses=_delete_each(broker, by_name + by_state))


def _delete_each(broker: Broker, asked: list[tuple[str | None, bytes]]) -> list[_Deleted]:
    results: list[_Deleted] = []
    meant: dict[Topic, list[tuple[str | None, bytes]]] = {}
    for (name, topic_id), times in Counter(asked).items():
        try:
            if times > 1:
                raise Refused(ErrorCode.INVALID_REQUEST, f"Duplicate topic {'id' if name is None else 'name'}.")
            meant.setdefault(_named(broker, name, topic_id), []).append((name, topic_id))
        except Refused as refused:
            results.append(_not_deleted(name, topic_id, refused))
    for topic, ways in meant.items():
        if len(ways) > 1:
            why = Refused(ErrorCode.INVALID_REQUEST, "The provided topic name maps to an ID that was already supplied.")
            results.append(_not_deleted(topic.name, topic.topic_id, why))
            continue
        broker.delete_topic(topic)
        results.append(_Deleted(name=topic.name, topic_id=topic.topic_id))
    return results


def _not_deleted(name: str | None, topic_id: bytes, refused: Refused) -> _Deleted:
    return _Deleted(name=name, topic_id=topic_id, error_code=refused.code, error_message=refused.why)


def _named(broker: Broker, name: str | None, topic_id: bytes) -> Topic:
    if name is not None and topic_id != NO_UUID:
        raise Refused(ErrorCode.INVALID_REQUEST, "You may not specify both topic name and topic id.")
    if name is None and topic_id == NO_UUID:
        raise Refused(ErrorCode.INVALID_REQUEST, "Neither topic name nor id were specified.")
    if name is None:
        if topic := broker.catalog.topic_by_id(topic_id):
            return topic
        raise Refused(ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID.")
    if topic := broker.catalog.topic_by_name(name):
        return topic
    raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition.")
