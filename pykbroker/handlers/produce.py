"""Produce: each partition's batch is checked, sequenced and appended, or refused; one never hinders another."""

from __future__ import annotations

from pykbroker_protocol.apis.produce import ProduceRequest, ProduceResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.runtime.later import Pledge, Promised
from pykbroker.storage.batch import Unreadable, only_batch
from pykbroker.storage.compression import ZSTD
from pykbroker.storage.validation import RecordsRefused
from pykbroker.topics.catalog import Topic

from .broker import Broker
from .client import Client
from .counters import TopicCounters
from .replies import Hangup

_TOPIC_IDS_SINCE = 13  # KIP-516
_ZSTD_SINCE = 7
_TRANSACTIONS_BY_PRODUCE_SINCE = 12  # KIP-890
# Kafka names the log's start with what it finds when it holds a batch against the log, and not with anything earlier.
_FOUND_IN_THE_LOG = (
    ErrorCode.INVALID_RECORD,
    ErrorCode.INVALID_TIMESTAMP,
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    ErrorCode.INVALID_PRODUCER_EPOCH,
    ErrorCode.INVALID_TXN_STATE,
    ErrorCode.UNKNOWN_SERVER_ERROR,
)

_TopicAnswer = ProduceResponse.TopicProduceResponse
_PartitionAnswer = _TopicAnswer.PartitionProduceResponse


def produce(
    broker: Broker, request: ProduceRequest, client: Client
) -> ProduceResponse | Promised[ProduceResponse] | None:
    """The offsets that the batches got, as soon as they are on disk where their topic wants that.

    With acks=0 nothing is answered, and a refusal closes the connection.
    """
    appending = _Appending(broker, request, client.api_version)
    # As in Kafka, a partition that is named twice gets the last of its batches.
    asked: dict[tuple[str, bytes], dict[int, memoryview | None]] = {}
    for topic in request.topic_data:
        for partition in topic.partition_data:
            asked.setdefault((topic.name, topic.topic_id), {})[partition.index] = partition.records
    answers = [
        _TopicAnswer(name=name, topic_id=topic_id, partition_responses=appending.all_of(name, topic_id, batches))
        for (name, topic_id), batches in asked.items()
    ]
    if request.acks:
        response = ProduceResponse(responses=answers)
        return appending.promised(response) if appending.held_back else response
    refused = [p for topic in answers for p in topic.partition_responses if p.error_code]
    if refused:
        raise Hangup(f"a produce with acks=0 is refused with {ErrorCode(refused[0].error_code).name}")
    return None


class _Appending:
    """One request's appends."""

    __slots__ = ("_acks", "_broker", "_by_id", "_timestamp", "_transactional", "_verified", "_version", "held_back")

    def __init__(self, broker: Broker, request: ProduceRequest, version: int) -> None:
        self._broker, self._acks, self._version = broker, request.acks, version
        self._transactional = request.transactional_id is not None
        self._by_id = version >= _TOPIC_IDS_SINCE
        self._timestamp = broker.clock.timestamp()
        # A client of KIP-890 counts on the coordinator being asked whatever the setting says.
        verifies = broker.config.transaction_partition_verification_enable
        self._verified = not verifies and version < _TRANSACTIONS_BY_PRODUCE_SINCE
        self.held_back: list[tuple[_PartitionAnswer, list[Pledge]]] = []

    def promised(self, response: ProduceResponse) -> Promised[ProduceResponse]:
        """`response` when everything is on disk, or is known not to be: then its partition is refused."""

        def finish() -> ProduceResponse:
            for answer, pledges in self.held_back:
                try:
                    for pledge in pledges:
                        pledge.check()
                except Refused as refused:
                    answer.error_code, answer.base_offset, answer.log_append_time_ms = refused.code, -1, -1
                    answer.log_start_offset = -1
            return response

        return Promised([pledge for _, pledges in self.held_back for pledge in pledges], finish)

    def all_of(self, name: str, topic_id: bytes, batches: dict[int, memoryview | None]) -> list[_PartitionAnswer]:
        catalog = self._broker.catalog
        topic = catalog.topic_by_id(topic_id) if self._by_id else catalog.topic_by_name(name)
        return [self._one(topic, partition, records) for partition, records in batches.items()]

    def _one(self, topic: Topic | None, partition: int, records: memoryview | None) -> _PartitionAnswer:
        log_start_offset = -1
        counters: TopicCounters | None = None
        try:
            if not -1 <= self._acks <= 1:
                raise Refused(ErrorCode.INVALID_REQUIRED_ACKS, f"acks={self._acks}")
            if topic is None:
                raise Refused(ErrorCode.UNKNOWN_TOPIC_ID if self._by_id else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
            counters = self._broker.counters[topic.name]
            counters.produce_requests += 1
            if topic.is_internal:
                raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"{topic.name} is the broker's own")
            log = self._broker.leader_log(topic, partition)
            batch, header = only_batch(b"" if records is None else records)
            if header.compression == ZSTD and self._version < _ZSTD_SINCE:
                raise Refused(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs Produce v7 (KIP-110)")
            if header.is_transactional and not self._transactional:
                raise Refused(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "a transactional batch without an id")
            log_start_offset = log.log_start_offset
            appended = log.append_batch(
                batch,
                header,
                leader_epoch=topic.leader_epochs[partition],
                timestamp_ms=self._timestamp,
                verified=self._verified,
            )
            counters.messages_in += header.records_count
            counters.bytes_in += len(batch)
        except Refused as refused:
            if counters is not None:
                counters.refused_produce(refused.code, len(records or b""))
            return _refusal(partition, refused, log_start_offset)
        answer = _PartitionAnswer(
            index=partition,
            base_offset=appended.base_offset,
            log_append_time_ms=appended.log_append_time_ms,
            log_start_offset=appended.log_start_offset,
        )
        if log.syncs.is_due:
            self.held_back.append((answer, self._broker.pledges_of(log)))
        return answer


def _refusal(partition: int, refused: Refused, log_start_offset: int) -> _PartitionAnswer:
    answer = _PartitionAnswer(index=partition, error_code=refused.code, base_offset=-1)
    if refused.code in _FOUND_IN_THE_LOG:
        answer.log_start_offset = log_start_offset
    if isinstance(refused, RecordsRefused | Unreadable):
        answer.error_message = refused.why
    if isinstance(refused, RecordsRefused):
        answer.record_errors = [
            _PartitionAnswer.BatchIndexAndErrorMessage(
                batch_index=error.batch_index, batch_index_error_message=error.message
            )
            for error in refused.record_errors
        ]
    return answer
