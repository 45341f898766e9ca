"""THE TABLE: which function answers which API, in which versions.  ApiVersions advertises it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pykbroker_protocol.apis.alter_configs import ALTER_CONFIGS
from pykbroker_protocol.apis.alter_partition_reassignments import ALTER_PARTITION_REASSIGNMENTS
from pykbroker_protocol.apis.alter_replica_log_dirs import ALTER_REPLICA_LOG_DIRS
from pykbroker_protocol.apis.api_versions import API_VERSIONS
from pykbroker_protocol.apis.create_acls import CREATE_ACLS
from pykbroker_protocol.apis.create_partitions import CREATE_PARTITIONS
from pykbroker_protocol.apis.create_topics import CREATE_TOPICS
from pykbroker_protocol.apis.delete_acls import DELETE_ACLS
from pykbroker_protocol.apis.delete_groups import DELETE_GROUPS
from pykbroker_protocol.apis.delete_records import DELETE_RECORDS
from pykbroker_protocol.apis.delete_topics import DELETE_TOPICS
from pykbroker_protocol.apis.describe_acls import DESCRIBE_ACLS
from pykbroker_protocol.apis.describe_cluster import DESCRIBE_CLUSTER
from pykbroker_protocol.apis.describe_configs import DESCRIBE_CONFIGS
from pykbroker_protocol.apis.describe_groups import DESCRIBE_GROUPS
from pykbroker_protocol.apis.describe_log_dirs import DESCRIBE_LOG_DIRS
from pykbroker_protocol.apis.describe_producers import DESCRIBE_PRODUCERS
from pykbroker_protocol.apis.describe_quorum import DESCRIBE_QUORUM
from pykbroker_protocol.apis.describe_topic_partitions import DESCRIBE_TOPIC_PARTITIONS
from pykbroker_protocol.apis.elect_leaders import ELECT_LEADERS
from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.find_coordinator import FIND_COORDINATOR
from pykbroker_protocol.apis.heartbeat import HEARTBEAT
from pykbroker_protocol.apis.incremental_alter_configs import INCREMENTAL_ALTER_CONFIGS
from pykbroker_protocol.apis.init_producer_id import INIT_PRODUCER_ID
from pykbroker_protocol.apis.join_group import JOIN_GROUP
from pykbroker_protocol.apis.leave_group import LEAVE_GROUP
from pykbroker_protocol.apis.list_config_resources import LIST_CONFIG_RESOURCES
from pykbroker_protocol.apis.list_groups import LIST_GROUPS
from pykbroker_protocol.apis.list_offsets import LIST_OFFSETS
from pykbroker_protocol.apis.list_partition_reassignments import LIST_PARTITION_REASSIGNMENTS
from pykbroker_protocol.apis.metadata import METADATA
from pykbroker_protocol.apis.offset_commit import OFFSET_COMMIT
from pykbroker_protocol.apis.offset_delete import OFFSET_DELETE
from pykbroker_protocol.apis.offset_fetch import OFFSET_FETCH
from pykbroker_protocol.apis.offset_for_leader_epoch import OFFSET_FOR_LEADER_EPOCH
from pykbroker_protocol.apis.produce import PRODUCE
from pykbroker_protocol.apis.sync_group import SYNC_GROUP
from pykbroker_protocol.apis.update_features import UPDATE_FEATURES
from pykbroker_protocol.apis.write_txn_markers import WRITE_TXN_MARKERS
from pykbroker_protocol.messages import Api

from . import api_versions, groups, offsets, refusals
from .acls import create_acls, delete_acls, describe_acls
from .active_producers import describe_producers
from .config_changes import alter_configs, incremental_alter_configs
from .configs import describe_configs, list_config_resources
from .delete_records import delete_records
from .describe_topics import describe_topic_partitions
from .elections import elect_leaders
from .features import update_features
from .fetch import fetch
from .leader_epochs import offset_for_leader_epoch
from .list_offsets import list_offsets
from .log_dirs import alter_replica_log_dirs, describe_log_dirs
from .metadata import describe_cluster, metadata
from .offset_delete import offset_delete
from .partitions import create_partitions
from .produce import produce
from .producers import init_producer_id
from .quorum import describe_quorum
from .reassignments import alter_partition_reassignments, list_partition_reassignments
from .topics import create_topics, delete_topics
from .txn_markers import write_txn_markers

Handler = Callable[[Any, Any, Any], Any]


class Route(NamedTuple):
    """`handler(broker, request, client)` gives a response, Later, or None for no reply; what it refuses as a whole with
    Refused, `refused` puts into a response."""

    api: Api
    handler: Handler
    refused: refusals.Refusal


def advertised(api: Api) -> tuple[int, int, int]:
    """(api key, lowest version, highest version) as ApiVersions states them."""
    low, high = api.versions
    # librdkafka before 2.11.1 turns compression off unless Produce starts at 0, so Kafka says 0 and refuses 0 to 2
    # (KAFKA-18659), and so do we.
    return api.key, 0 if api.key == PRODUCE.key else low, high - api.latest_unstable


ROUTES = [
    Route(PRODUCE, produce, refusals.each_produced),
    Route(FETCH, fetch, refusals.each_fetched),
    Route(LIST_OFFSETS, list_offsets, refusals.each_offset),
    Route(METADATA, metadata, refusals.each_described_topic),
    Route(OFFSET_COMMIT, offsets.offset_commit, refusals.each_commit),
    Route(OFFSET_FETCH, offsets.offset_fetch, refusals.each_fetched_group),
    Route(FIND_COORDINATOR, groups.find_coordinator, refusals.each_coordinator),
    Route(JOIN_GROUP, groups.join_group, refusals.top_level(JOIN_GROUP)),
    Route(HEARTBEAT, groups.heartbeat, refusals.top_level(HEARTBEAT)),
    Route(LEAVE_GROUP, groups.leave_group, refusals.top_level(LEAVE_GROUP)),
    Route(SYNC_GROUP, groups.sync_group, refusals.top_level(SYNC_GROUP)),
    Route(DESCRIBE_GROUPS, groups.describe_groups, refusals.each_described_group),
    Route(LIST_GROUPS, groups.list_groups, refusals.top_level(LIST_GROUPS)),
    Route(API_VERSIONS, api_versions.answering(lambda: ADVERTISED), refusals.top_level(API_VERSIONS)),
    Route(CREATE_TOPICS, create_topics, refusals.each_created_topic),
    Route(DELETE_TOPICS, delete_topics, refusals.each_deleted_topic),
    Route(INIT_PRODUCER_ID, init_producer_id, refusals.top_level(INIT_PRODUCER_ID)),
    Route(WRITE_TXN_MARKERS, write_txn_markers, refusals.each_marker),
    Route(DESCRIBE_ACLS, describe_acls, refusals.top_level(DESCRIBE_ACLS)),
    Route(CREATE_ACLS, create_acls, refusals.each_created_acl),
    Route(DELETE_ACLS, delete_acls, refusals.each_acl_filter),
    Route(DESCRIBE_CONFIGS, describe_configs, refusals.each_described_resource),
    Route(ALTER_CONFIGS, alter_configs, refusals.each_altered_resource),
    Route(CREATE_PARTITIONS, create_partitions, refusals.each_grown_topic),
    Route(DELETE_GROUPS, groups.delete_groups, refusals.each_deleted_group),
    Route(DESCRIBE_CLUSTER, describe_cluster, refusals.top_level(DESCRIBE_CLUSTER)),
    Route(DELETE_RECORDS, delete_records, refusals.each_deletion),
    Route(DESCRIBE_TOPIC_PARTITIONS, describe_topic_partitions, refusals.each_paged_topic),
    Route(OFFSET_FOR_LEADER_EPOCH, offset_for_leader_epoch, refusals.each_epoch),
    Route(DESCRIBE_PRODUCERS, describe_producers, refusals.each_partition_of_producers),
    Route(DESCRIBE_LOG_DIRS, describe_log_dirs, refusals.top_level(DESCRIBE_LOG_DIRS)),
    Route(ALTER_REPLICA_LOG_DIRS, alter_replica_log_dirs, refusals.each_moved_replica),
    Route(ELECT_LEADERS, elect_leaders, refusals.each_election),
    Route(ALTER_PARTITION_REASSIGNMENTS, alter_partition_reassignments, refusals.each_reassignment),
    Route(OFFSET_DELETE, offset_delete, refusals.top_level(OFFSET_DELETE)),
    Route(LIST_PARTITION_REASSIGNMENTS, list_partition_reassignments, refusals.top_level(LIST_PARTITION_REASSIGNMENTS)),
    Route(DESCRIBE_QUORUM, describe_quorum, refusals.top_level(DESCRIBE_QUORUM)),
    Route(UPDATE_FEATURES, update_features, refusals.top_level(UPDATE_FEATURES)),
    Route(INCREMENTAL_ALTER_CONFIGS, incremental_alter_configs, refusals.each_changed_resource),
    Route(LIST_CONFIG_RESOURCES, list_config_resources, refusals.top_level(LIST_CONFIG_RESOURCES)),
]
ADVERTISED: list[tuple[int, int, int]] = [advertised(route.api) for route in ROUTES]
