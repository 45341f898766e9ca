"""What a data directory holds is replayed, into the catalog and the groups; what is not served yet is told.

Nothing is written: a directory that is refused is as it was.  What is not served is told as lines for people.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from pykbroker_protocol.errors import Malformed, Refused
from pykbroker_protocol.records.control import VOTERS_RECORD
from pykbroker_protocol.records.transaction_state import (
    TRANSACTION_LOG_KEY,
    TRANSACTION_LOG_VALUE,
)

from pykbroker import codec
from pykbroker.config import Config, ConfigInvalid
from pykbroker.groups.coordinator import Groups
from pykbroker.handlers.broker import Broker
from pykbroker.storage.batch import Header
from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.decided import latest_values
from pykbroker.storage.names import partition_directory
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.quorum_snapshots import newest_snapshot
from pykbroker.storage.records import Record, records_of
from pykbroker.storage.recovery import StorageError
from pykbroker.topics import bootstrap, names
from pykbroker.topics.catalog import Catalog
from pykbroker.topics.frames import from_frame
from pykbroker.topics.unserved import REMOTE_STORAGE, Unserved, told

_log = logging.getLogger("pykbroker.server")
_VOTERS = 6  # ControlRecordType.KRAFT_VOTERS
_UNDER_WAY = {1: "ongoing", 2: "about to commit", 3: "about to abort", 7: "about to be fenced"}  # TransactionState
_GROUPS = {  # kind -> what it is called, and how Kafka lets go of it
    "consumer": ("group of the consumer protocol", "run its consumers once with group.protocol=classic, or delete it"),
    "share": ("share group", "kafka-share-groups --delete"),
    "streams": ("streams group", "kafka-streams-groups --delete"),
}


def load_catalog(config: Config, data: DataDirectory) -> tuple[Catalog, PartitionLog, list[str]]:
    """The catalog as of the end of its log, that log, and what it holds that is not served yet.

    Raises:
        StorageError: it cannot be read.
    """
    _check_there_is_one(data)
    # Snapshots of the catalog are read, never written: its log stays whole from the last of Kafka's on.  As by Kafka's
    # controller, nothing of it is answered before it is on disk.
    kept = config.log_config({"retention.ms": "-1", "retention.bytes": "-1", "flush.messages": "1"})
    data.create_partition(names.CLUSTER_METADATA, 0, bootstrap.METADATA_TOPIC_ID, kept)
    try:
        return _replayed(config, data, data.partition(names.CLUSTER_METADATA, 0))
    except Refused as refused:
        raise StorageError(f"the catalog cannot be read: {refused.why}") from refused


def _replayed(
    config: Config, data: DataDirectory, catalog_log: PartitionLog
) -> tuple[Catalog, PartitionLog, list[str]]:
    catalog = Catalog()
    data.in_use.add(catalog_log)
    unserved, voters = Unserved(config.node_id), list[str]()
    for header, batch in _catalog_batches(data, catalog_log):
        if header.is_control:
            voters = _other_voters(records_of(batch, header), config.node_id, voters)
            continue
        try:
            records = [from_frame(record.value or b"") for record in records_of(batch, header)]
        except Malformed as fault:
            raise StorageError(
                f"the catalog in {data.path} cannot be read at offset {header.base_offset}: {fault}"
            ) from fault
        catalog.replay(records, header.base_offset)
        unserved.replay(records)
    faults = [*unserved.faults(), *_configs_that_cannot_be(config, catalog)]
    if voters:
        faults.append(told("other voter", voters, "one is served", "kafka-metadata-quorum remove-controller"))
    return catalog, catalog_log, faults


def _check_there_is_one(data: DataDirectory) -> None:
    """A directory that is new needs none; without it nobody would know of the partitions that are there."""
    found = sorted(partition_directory(*partition) for partition in data.partitions_on_disk())
    catalog = partition_directory(names.CLUSTER_METADATA, 0)
    if found and catalog not in found:
        raise StorageError(
            f"{data.path} holds partitions ({', '.join(found[:3])}) but no {catalog}; put that directory there: of a "
            "Kafka it may be in metadata.log.dir"
        )


def _configs_that_cannot_be(config: Config, catalog: Catalog) -> Iterator[str]:
    """Those that an older Kafka knew."""
    for topic in catalog.topics:
        overrides = catalog.topic_configs(topic)
        try:
            config.log_config({name: value for name, value in overrides.items() if name != REMOTE_STORAGE})
        except ConfigInvalid as fault:
            yield f"the configs of topic {topic}: {fault}; in Kafka: kafka-configs --delete-config"


def _catalog_batches(data: DataDirectory, catalog_log: PartitionLog) -> Iterator[tuple[Header, bytes]]:
    directory = data.path / partition_directory(names.CLUSTER_METADATA, 0)
    snapshot = newest_snapshot(directory)
    start = 0
    if snapshot is not None:
        start = snapshot.end_offset
        yield from snapshot.batches()
    if not catalog_log.log_start_offset <= start <= catalog_log.log_end_offset:
        raise StorageError(
            f"{directory} lacks a part of the catalog: its newest snapshot ends at {start}, its log holds offsets "
            f"{catalog_log.log_start_offset} to {catalog_log.log_end_offset}; restore it from a copy"
        )
    yield from catalog_log.batches(start)


def _other_voters(records: Iterable[Record], node_id: int, before: list[str]) -> list[str]:
    """Those that the newest of these records names, or `before` if none does (KIP-853)."""
    for record in records:
        if record.key is not None and int.from_bytes(record.key[2:4], "big") == _VOTERS:
            voters = codec.decode(VOTERS_RECORD, 0, memoryview(record.value or b"")).voters
            before = [f"node.id {voter.voter_id}" for voter in voters if voter.voter_id != node_id]
    return before


def load_groups(broker: Broker, machine: Groups) -> list[str]:
    """All of `__consumer_offsets` is replayed into the machine.  Gives what groups and transactions are not served.

    Of a partition that cannot be read the groups have no coordinator: what they committed would seem to be gone.
    """
    for key, value in _latest(broker, names.GROUP_METADATA):
        machine.replay(key, value)
    return [*_unserved_groups(machine), *_transactions(broker)]


def _latest(broker: Broker, name: str) -> Iterator[tuple[bytes, bytes]]:
    """The latest key and value of all that the partitions of a topic hold that have a directory."""
    topic = broker.catalog.topic_by_name(name)
    if topic is None:
        return
    for partition in range(topic.partitions):
        if not broker.data.is_on_disk(name, partition):
            continue
        try:
            found = latest_values(broker.leader_log(topic, partition))
        except Refused as refused:
            _log.error("not loaded: partition=%s-%d why=%s", name, partition, refused.why)
            broker.unloaded.add((name, partition))
            if (partition_log := broker.data.open_log(name, partition)) is not None:
                partition_log.broken = f"{partition_log.name} was not loaded: {refused.why}"
        else:
            yield from found.items()


def _unserved_groups(machine: Groups) -> Iterator[str]:
    found = machine.unserved()
    for kind, (noun, remedy) in _GROUPS.items():
        if ids := sorted(group_id for group_id, of in found.items() if of == kind):
            yield told(noun, ids, "nobody could join", remedy)


def _transactions(broker: Broker) -> Iterator[str]:
    """Transactional ids without a transaction under way are no hindrance: their records stay, for a Kafka to go on."""
    under_way = []
    for key, value in _latest(broker, names.TRANSACTION_STATE):
        try:
            transactional_id = codec.decode(TRANSACTION_LOG_KEY, 0, memoryview(key)[2:]).transactional_id
            status = _transaction_status(value)
        except Malformed as fault:
            yield f"a record of {names.TRANSACTION_STATE} that cannot be read: {fault}"
            continue
        if status in _UNDER_WAY:
            under_way.append(f"{transactional_id} {_UNDER_WAY[status]}")
    if under_way:
        remedy = "let it end, or kafka-transactions abort"
        yield told("transaction", under_way, "nobody would end them", remedy)


def _transaction_status(value: bytes) -> int:
    """Raises Malformed."""
    version = int.from_bytes(value[:2], "big", signed=True) if len(value) >= 2 else -1
    low, high = TRANSACTION_LOG_VALUE.versions
    if not low <= version <= high:
        raise Malformed(f"version {version} of {TRANSACTION_LOG_VALUE.name}: {low} to {high} are known")
    return int(codec.decode(TRANSACTION_LOG_VALUE, version, memoryview(value)[2:]).transaction_status)


def refuse(data: DataDirectory, faults: Sequence[str]) -> None:
    """
    Raises:
        StorageError: there are any.
    """
    if faults:
        raise StorageError(
            f"{data.path} holds what pykbroker does not serve yet, so it was left as it is; start Apache Kafka on it, "
            "or remove there what stands in the way:" + "".join(f"\n  {fault}" for fault in faults)
        )
