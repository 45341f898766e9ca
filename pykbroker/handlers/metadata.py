"""Metadata and DescribeCluster: who the broker is, and what it holds."""

from __future__ import annotations

import logging
from typing import Any

from pykbroker_protocol.apis.describe_cluster import DescribeClusterRequest, DescribeClusterResponse
from pykbroker_protocol.apis.metadata import MetadataRequest, MetadataResponse
from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.types import NO_UUID

from pykbroker.topics import names
from pykbroker.topics.catalog import Topic

from . import authorized
from .broker import Broker
from .client import Client
from .topic_parts import TopicAnswer, encoded, topic_answer
from .topics import create_by_default

log = logging.getLogger("pykbroker.broker")
_BROKER_ENDPOINTS, _CONTROLLER_ENDPOINTS = 1, 2  # of DescribeCluster's endpoint_type (KIP-919)


def metadata(broker: Broker, request: MetadataRequest, client: Client) -> MetadataResponse:
    """The one broker, at the address that this client shall use, and the topics asked for."""
    host, port = broker.endpoint_for(client)
    topics = _topics(_Described(broker, request), request, client.api_version)
    return MetadataResponse(
        brokers=[
            MetadataResponse.MetadataResponseBroker(
                node_id=broker.node_id, host=host, port=port, rack=broker.config.broker_rack
            )
        ],
        cluster_id=broker.cluster_id,
        controller_id=broker.node_id,
        topics=topics,
        cluster_authorized_operations=(
            authorized.ON_CLUSTER if request.include_cluster_authorized_operations else authorized.NOT_ASKED
        ),
    )


def _topics(described: _Described, request: MetadataRequest, version: int) -> Any:
    """What is told of each topic, as answers; where none is refused, Encoded."""
    broker, operations = described.broker, described.operations
    # In version 0 an empty list asks for all topics; since version 1 null does, and an empty list asks for none.
    if request.topics is None or (version == 0 and not request.topics):
        return encoded(broker.catalog.topics.values(), version, operations, broker.node_id)
    names_asked, ids_asked = [], []
    for asked in request.topics:
        if version < 12 and (asked.name is None or asked.topic_id != NO_UUID):
            raise Refused(ErrorCode.INVALID_REQUEST, "topic ids are answered from version 12 on (KIP-516)")
        if asked.topic_id != NO_UUID:
            ids_asked.append(asked.topic_id)
        elif asked.name is None:
            raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR, "neither a name nor an id")
        else:
            names_asked.append(asked.name)
    found = [described.by_name(name) for name in dict.fromkeys(names_asked)]
    told = {each.topic_id for each in found if isinstance(each, Topic)}
    found += [described.by_id(each) for each in dict.fromkeys(ids_asked) if each not in told]
    topics = [each for each in found if isinstance(each, Topic)]
    if len(topics) == len(found):
        return encoded(topics, version, operations, broker.node_id)
    return [topic_answer(each, operations, broker.node_id) if isinstance(each, Topic) else each for each in found]


class _Described:
    """One topic after the other: itself, or the answer that refuses it."""

    __slots__ = ("_may_create", "broker", "operations")

    def __init__(self, broker: Broker, request: MetadataRequest) -> None:
        self.broker = broker
        self._may_create = request.allow_auto_topic_creation and broker.config.auto_create_topics_enable
        wanted = request.include_topic_authorized_operations
        self.operations = authorized.ON_TOPIC if wanted else authorized.NOT_ASKED

    def by_id(self, topic_id: bytes) -> Topic | TopicAnswer:
        topic = self.broker.catalog.topic_by_id(topic_id)
        return self._refusal(ErrorCode.UNKNOWN_TOPIC_ID, None, topic_id) if topic is None else topic

    def by_name(self, name: str) -> Topic | TopicAnswer:
        topic = self.broker.catalog.topic_by_name(name)
        if topic is None and self._may_create:
            try:
                topic = create_by_default(self.broker, name)
            except Refused as refused:
                log.info("topic not created: topic=%r why=%s", name, refused.why)
        if topic is not None:
            return topic
        # Of a name that collides with another, which is legal, a client hears that there is no such topic.
        illegal = names.why_illegal(name)
        return self._refusal(
            ErrorCode.INVALID_TOPIC_EXCEPTION if illegal else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name
        )

    def _refusal(self, code: ErrorCode, name: str | None, topic_id: bytes = NO_UUID) -> TopicAnswer:
        return TopicAnswer(
            error_code=code,
            name=name,
            topic_id=topic_id,
            topic_authorized_operations=self.operations,
        )


def describe_cluster(broker: Broker, request: DescribeClusterRequest, client: Client) -> DescribeClusterResponse:
    """The cluster's id, its controller and its one broker; controllers are not described on a listener of brokers."""
    if request.endpoint_type == _CONTROLLER_ENDPOINTS:
        return DescribeClusterResponse(
            error_code=ErrorCode.MISMATCHED_ENDPOINT_TYPE,
            error_message="The request was sent to an endpoint of type BROKER, "
            "but we wanted an endpoint of type CONTROLLER",
        )
    if request.endpoint_type != _BROKER_ENDPOINTS:
        return DescribeClusterResponse(
            error_code=ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
            error_message=f"Unsupported endpoint type {request.endpoint_type}",
        )
    host, port = broker.endpoint_for(client)
    return DescribeClusterResponse(
        cluster_id=broker.cluster_id,
        controller_id=broker.node_id,
        brokers=[
            DescribeClusterResponse.DescribeClusterBroker(
                broker_id=broker.node_id, host=host, port=port, rack=broker.config.broker_rack
            )
        ],
        cluster_authorized_operations=(
            authorized.ON_CLUSTER if request.include_cluster_authorized_operations else authorized.NOT_ASKED
        ),
    )
