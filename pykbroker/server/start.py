"""From a configuration to a broker that knows what it knew: its directory is taken, catalog and groups are replayed."""

from __future__ import annotations

import base64
import itertools
import logging
import secrets
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.control import LEADER_CHANGE_MESSAGE

from pykbroker import codec
from pykbroker.config import Config
from pykbroker.groups.coordinator import Groups
from pykbroker.groups.effects import Persist
from pykbroker.groups.limits import GroupLimits
from pykbroker.groups.placement import partition_for
from pykbroker.handlers.api_versions import SUPPORTED_FEATURES
from pykbroker.handlers.broker import Broker
from pykbroker.handlers.fetch_sessions import FetchSessions
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.coordination import Coordination
from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.names import partition_directory
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.quorum_state import read_leader_epoch, write_leader_epoch
from pykbroker.storage.records import Record, records_of
from pykbroker.topics import bootstrap, names
from pykbroker.topics.catalog import Catalog
from pykbroker.topics.frames import from_frame

_LEADER_CHANGE_KEY = b"\0\0\0\2"  # version 0, ControlRecordType.LEADER_CHANGE

log = logging.getLogger("pykbroker.server")


def open_broker(config: Config, clock: Clock) -> Broker:
    """The broker over `config.data_directory`, with everything replayed that it had; it listens nowhere yet.

    Raises:
        StorageError: the directory is another broker's, or cannot be used.
    """
    data = DataDirectory.open(Path(config.data_directory), new_uuid=new_uuid, node_id=config.node_id)
    try:
        return _opened(config, clock, data)
    except BaseException:
        data.abandon()
        raise


def _opened(config: Config, clock: Clock, data: DataDirectory) -> Broker:
    catalog, catalog_log = _catalog(config, data)
    directory = data.path / partition_directory(names.CLUSTER_METADATA, 0)
    catalog_epoch = read_leader_epoch(directory) + 1
    write_leader_epoch(directory, config.node_id, catalog_epoch)
    machine = Groups(_limits(config), member_ids=(str(uuid.uuid4()) for _ in itertools.count()))
    broker = Broker(
        config=config,
        clock=clock,
        data=data,
        catalog=catalog,
        catalog_log=catalog_log,
        catalog_epoch=catalog_epoch,
        groups=Coordination(machine, lambda effect: _persist(broker, machine, effect), clock),
        fetch_sessions=FetchSessions(config.max_incremental_fetch_session_cache_slots, _session_id),
        new_uuid=new_uuid,
    )
    _lead_catalog(broker)
    broker.apply_dynamic_configs()
    for topic in catalog.topics.values():
        broker.hold(topic)
    _replay_groups(broker, machine)
    return broker


def register(broker: Broker, endpoints: Sequence[tuple[str, str, int]]) -> None:
    """The catalog says where the broker listens: (name, host, port) of each.  From here on clients can be told."""
    broker.endpoints = {name: (host, port) for name, host, port in endpoints}
    records = bootstrap.registration(
        broker.node_id,
        endpoints,
        incarnation_id=new_uuid(),
        directory_id=broker.node.directory_id,
        broker_epoch=broker.catalog_log.log_end_offset,
        rack=broker.config.broker_rack,
        supported_features=[
            (name, low, high) for name, (low, high) in SUPPORTED_FEATURES.items() if name != "kraft.version"
        ],
    )
    broker.commit(records)


def new_uuid() -> bytes:
    """16 random bytes whose text begins with no dash, which Kafka's tools would take for an option."""
    while base64.urlsafe_b64encode(fresh := uuid.uuid4().bytes).startswith(b"-"):
        pass
    return fresh


def _session_id() -> int:
    return secrets.randbelow(2**31 - 1) + 1


def _limits(config: Config) -> GroupLimits:
    return GroupLimits(
        group_initial_rebalance_delay_ms=config.group_initial_rebalance_delay_ms,
        group_min_session_timeout_ms=config.group_min_session_timeout_ms,
        group_max_session_timeout_ms=config.group_max_session_timeout_ms,
        group_max_size=config.group_max_size,
        offset_metadata_max_bytes=config.offset_metadata_max_bytes,
        offsets_retention_ms=config.offsets_retention_minutes * 60_000,
    )


def _catalog(config: Config, data: DataDirectory) -> tuple[Catalog, PartitionLog]:
    # There are no snapshots of the catalog: its log is all there is.
    kept = config.log_config({"retention.ms": "-1", "retention.bytes": "-1"})
    data.create_partition(names.CLUSTER_METADATA, 0, bootstrap.METADATA_TOPIC_ID, kept)
    catalog_log, catalog = data.partition(names.CLUSTER_METADATA, 0), Catalog()
    data.in_use.add(catalog_log)
    for header, batch in catalog_log.batches():
        if not header.is_control:
            records = [from_frame(record.value or b"") for record in records_of(batch, header)]
            catalog.replay(records, header.base_offset)
    return catalog, catalog_log


def _lead_catalog(broker: Broker) -> None:
    timestamp = broker.clock.timestamp()
    message = codec.encode(LEADER_CHANGE_MESSAGE, 0, bootstrap.leader_change(broker.node_id))
    is_new = broker.catalog_log.log_end_offset == 0
    broker.catalog_log.append_records(
        [Record(_LEADER_CHANGE_KEY, message, timestamp)],
        leader_epoch=broker.catalog_epoch,
        timestamp_ms=timestamp,
        control=True,
    )
    if is_new:
        broker.commit(bootstrap.first_records())


def _persist(broker: Broker, machine: Groups, effect: Persist) -> None:
    """The effect's records are in the log of its group's partition, then in the machine."""
    topic = broker.ensure_internal_topic(names.GROUP_METADATA)
    partition = partition_for(effect.group_id, topic.partitions)
    timestamp = broker.clock.timestamp()
    try:
        broker.leader_log(topic, partition).append_records(
            [Record(key, value, timestamp) for key, value in effect.records],
            leader_epoch=topic.leader_epochs[partition],
            timestamp_ms=timestamp,
        )
    except Refused as refused:
        # A group's client can act on that: it looks for the coordinator again, until the disk is well.
        broken = refused.code is ErrorCode.KAFKA_STORAGE_ERROR
        raise Refused(ErrorCode.NOT_COORDINATOR if broken else ErrorCode.UNKNOWN_SERVER_ERROR, refused.why) from refused
    for key, value in effect.records:
        machine.replay(key, value)


def _replay_groups(broker: Broker, machine: Groups) -> None:
    topic = broker.catalog.topic_by_name(names.GROUP_METADATA)
    for name, partition in sorted(broker.data.partitions_on_disk()):
        if topic is not None and name == topic.name and partition < topic.partitions:
            for record in _records(broker.leader_log(topic, partition)):
                if record.key is not None:
                    machine.replay(record.key, record.value)
    machine.loaded(now=broker.clock.now(), timestamp=broker.clock.timestamp())


def _records(partition_log: PartitionLog) -> Iterator[Record]:
    for header, batch in partition_log.batches():
        if not header.is_control:
            yield from records_of(batch, header)
