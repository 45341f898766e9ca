"""From a configuration to a broker that knows what it knew: its directory is taken, catalog and groups are replayed."""

from __future__ import annotations

import itertools
import logging
import os
import random
import uuid
from collections.abc import Sequence
from pathlib import Path

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.control import LEADER_CHANGE_MESSAGE

from pykbroker import codec
from pykbroker.config import Config, ConfigInvalid
from pykbroker.groups.coordinator import Groups
from pykbroker.groups.effects import Persist
from pykbroker.groups.limits import GroupLimits
from pykbroker.groups.placement import partition_for
from pykbroker.handlers.api_versions import SUPPORTED_FEATURES
from pykbroker.handlers.broker import Broker
from pykbroker.handlers.fetch_sessions import FetchSessions
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.coordination import Coordination
from pykbroker.runtime.later import Pledge
from pykbroker.server.loading import load_catalog, load_groups, refuse
from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.names import partition_directory
from pykbroker.storage.quorum_state import read_quorum_state, write_quorum_state
from pykbroker.storage.records import Record
from pykbroker.storage.recovery import StorageError
from pykbroker.topics import bootstrap, names

_DASH = 62  # the place of "-" in the alphabet of URL-safe base64
_LEADER_CHANGE_KEY = b"\0\0\0\2"  # version 0, ControlRecordType.LEADER_CHANGE

log = logging.getLogger("pykbroker.server")
_dice = random.SystemRandom()  # whose numbers nobody can guess


def open_broker(config: Config, clock: Clock) -> Broker:
    """The broker over `config.data_directory`, with everything replayed that it had; it listens nowhere yet.

    Raises:
        StorageError: the directory is another broker's, cannot be used, or holds what is not served yet.
    """
    data = DataDirectory.open(Path(config.data_directory), new_uuid=new_uuid, node_id=config.node_id)
    try:
        return _opened(config, clock, data)
    except StorageError:
        data.close()  # whoever is started on it next finds it stopped as cleanly as it was
        raise
    except BaseException:
        data.abandon()
        raise


def _opened(config: Config, clock: Clock, data: DataDirectory) -> Broker:
    catalog, catalog_log, unserved = load_catalog(config, data)
    directory = data.path / partition_directory(names.CLUSTER_METADATA, 0)
    quorum = read_quorum_state(directory, config.node_id)
    machine = Groups(_limits(config), member_ids=(str(uuid.uuid4()) for _ in itertools.count()))
    broker = Broker(
        config=config,
        clock=clock,
        data=data,
        catalog=catalog,
        catalog_log=catalog_log,
        catalog_epoch=quorum.leader_epoch + 1,
        groups=Coordination(machine, lambda effect: _persist(broker, machine, effect), clock),
        fetch_sessions=FetchSessions(config.max_incremental_fetch_session_cache_slots, _session_id),
        new_uuid=new_uuid,
    )
    broker.apply_dynamic_configs()
    try:
        for topic in catalog.topics.values():
            broker.hold(topic)
    except ConfigInvalid:
        refuse(data, unserved)  # it is among them
        raise
    refuse(data, [*unserved, *load_groups(broker, machine)])
    machine.loaded(now=clock.now(), timestamp=clock.timestamp())
    write_quorum_state(directory, config.node_id, quorum._replace(leader_epoch=broker.catalog_epoch))
    _lead_catalog(broker)
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
    while (fresh := bytearray(os.urandom(16)))[0] >> 2 == _DASH:
        pass
    fresh[6], fresh[8] = fresh[6] & 0x0F | 0x40, fresh[8] & 0x3F | 0x80  # what makes it one of RFC 4122, version 4
    return bytes(fresh)


def _session_id() -> int:
    return _dice.randrange(1, 2**31)


def _limits(config: Config) -> GroupLimits:
    return GroupLimits(
        group_initial_rebalance_delay_ms=config.group_initial_rebalance_delay_ms,
        group_min_session_timeout_ms=config.group_min_session_timeout_ms,
        group_max_session_timeout_ms=config.group_max_session_timeout_ms,
        group_max_size=config.group_max_size,
        offset_metadata_max_bytes=config.offset_metadata_max_bytes,
        offsets_retention_ms=config.offsets_retention_minutes * 60_000,
    )


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
        broker.catalog_log.syncs.now()  # no partition may be there without the catalog
        broker.apply_dynamic_configs()


def _persist(broker: Broker, machine: Groups, effect: Persist) -> Sequence[Pledge]:
    """The effect's records are in the log of its group's partition, then in the machine."""
    topic = broker.ensure_internal_topic(names.GROUP_METADATA)
    partition = partition_for(effect.group_id, topic.partitions)
    timestamp = broker.clock.timestamp()
    try:
        partition_log = broker.leader_log(topic, partition)
        partition_log.append_records(
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
    pledges = broker.pledges_of(partition_log, ErrorCode.NOT_COORDINATOR)
    broker.pledges += pledges
    return pledges
