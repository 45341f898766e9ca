"""WriteTxnMarkers: whoever coordinates a producer's transaction has it decided in the partitions that it came to.

Kafka's brokers send it to each other, and `kafka-transactions.sh abort` sends it for a transaction that nobody ends.
"""

from __future__ import annotations

from pykbroker_protocol.apis.write_txn_markers import WriteTxnMarkersRequest, WriteTxnMarkersResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.storage.markers import Marker

from .broker import Broker
from .client import Client

_Asked = WriteTxnMarkersRequest.WritableTxnMarker
_Answer = WriteTxnMarkersResponse.WritableTxnMarkerResult
_TopicAnswer = _Answer.WritableTxnMarkerTopicResult
_PartitionAnswer = _TopicAnswer.WritableTxnMarkerPartitionResult


def write_txn_markers(broker: Broker, request: WriteTxnMarkersRequest, client: Client) -> WriteTxnMarkersResponse:
    """Each marker stands in each of its partitions, or the answer says why not; a producer's later answers count."""
    codes: dict[int, dict[str, dict[int, ErrorCode]]] = {}
    for asked in request.markers:
        for name, partition in {
            (topic.name, index): None for topic in asked.topics for index in topic.partition_indexes
        }:
            topics = codes.setdefault(asked.producer_id, {})
            topics.setdefault(name, {})[partition] = _written(broker, asked, name, partition)
    return WriteTxnMarkersResponse(
        markers=[
            _Answer(
                producer_id=producer_id,
                topics=[
                    _TopicAnswer(
                        name=name,
                        partitions=[
                            _PartitionAnswer(partition_index=index, error_code=code)
                            for index, code in partitions.items()
                        ],
                    )
                    for name, partitions in topics.items()
                ],
            )
            for producer_id, topics in codes.items()
        ]
    )


def _written(broker: Broker, asked: _Asked, name: str, partition: int) -> ErrorCode:
    topic = broker.catalog.topic_by_name(name)
    if topic is None:
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    marker = Marker(
        asked.producer_id,
        asked.producer_epoch,
        asked.coordinator_epoch,
        asked.transaction_result,
        asked.transaction_version,
    )
    try:
        log = broker.leader_log(topic, partition)
        log.append_marker(marker, leader_epoch=topic.leader_epochs[partition], timestamp_ms=broker.clock.timestamp())
    except Refused as refused:
        return refused.code
    return ErrorCode.NONE
