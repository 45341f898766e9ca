"""THE TABLE: which function answers which API, in which versions.  ApiVersions advertises it.

A start reads this, and no more: what a route names is imported when its API is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from pykbroker_protocol.messages import Api

from . import refusals
from .broker import Broker
from .shortcuts import Shortcut

Handler = Callable[[Any, Any, Any], Any]
_PRODUCE = 0


class Route(NamedTuple):
    """`handler(broker, request, client)` gives a response, Later, Parked, or None for no reply; what it refuses as a
    whole with Refused, `refused` puts into a response.

    versions: what is served, inclusive.  name: of the declaration in `pykbroker_protocol.apis`, and of the function
    that is the handler; module: where in this room that is.  usual: the module and the class of its shortcut.
    """

    key: int
    versions: tuple[int, int]
    name: str
    module: str
    refused: refusals.Refusal
    usual: str | None = None

    @property
    def api(self) -> Api:
        api: Api = getattr(import_module(f"pykbroker_protocol.apis.{self.name}"), self.name.upper())
        return api

    @property
    def handler(self) -> Handler:
        handler: Handler = getattr(_ours(self.module), self.name)
        return handler

    def shortcut(self, broker: Broker) -> Shortcut | None:
        """A new one over `broker`."""
        if self.usual is None:
            return None
        module, name = self.usual.split(".")
        shortcut: Shortcut = getattr(_ours(module), name)(broker)
        return shortcut


def _ours(module: str) -> Any:
    return import_module(f"{__package__}.{module}")


_TABLE = [
    Route(0, (3, 13), "produce", "produce", refusals.each_produced, "usual_produce.UsualProduce"),
    Route(1, (4, 18), "fetch", "fetch", refusals.each_fetched, "usual_fetch.UsualFetch"),
    Route(2, (1, 11), "list_offsets", "list_offsets", refusals.each_offset),
    Route(3, (0, 13), "metadata", "metadata", refusals.each_described_topic, "same_metadata.SameMetadata"),
    Route(8, (2, 10), "offset_commit", "offsets", refusals.each_commit, "usual_commit.UsualCommit"),
    Route(9, (1, 10), "offset_fetch", "offsets", refusals.each_fetched_group),
    Route(10, (0, 6), "find_coordinator", "groups", refusals.each_coordinator),
    Route(11, (0, 9), "join_group", "groups", refusals.top_level),
    Route(12, (0, 4), "heartbeat", "groups", refusals.top_level),
    Route(13, (0, 5), "leave_group", "groups", refusals.top_level),
    Route(14, (0, 5), "sync_group", "groups", refusals.top_level),
    Route(15, (0, 6), "describe_groups", "groups", refusals.each_described_group),
    Route(16, (0, 5), "list_groups", "groups", refusals.top_level),
    Route(18, (0, 4), "api_versions", "api_versions", refusals.top_level),
    Route(19, (2, 7), "create_topics", "topics", refusals.each_created_topic),
    Route(20, (1, 6), "delete_topics", "topics", refusals.each_deleted_topic),
    Route(21, (0, 2), "delete_records", "delete_records", refusals.each_deletion),
    Route(22, (0, 5), "init_producer_id", "producers", refusals.top_level),
    Route(23, (2, 4), "offset_for_leader_epoch", "leader_epochs", refusals.each_epoch),
    Route(27, (1, 2), "write_txn_markers", "txn_markers", refusals.each_marker),
    Route(29, (1, 3), "describe_acls", "acls", refusals.top_level),
    Route(30, (1, 3), "create_acls", "acls", refusals.each_created_acl),
    Route(31, (1, 3), "delete_acls", "acls", refusals.each_acl_filter),
    Route(32, (1, 4), "describe_configs", "configs", refusals.each_described_resource),
    Route(33, (0, 2), "alter_configs", "config_changes", refusals.each_altered_resource),
    Route(34, (1, 2), "alter_replica_log_dirs", "log_dirs", refusals.each_moved_replica),
    Route(35, (1, 5), "describe_log_dirs", "log_dirs", refusals.top_level),
    Route(37, (0, 3), "create_partitions", "partitions", refusals.each_grown_topic),
    Route(42, (0, 2), "delete_groups", "groups", refusals.each_deleted_group),
    Route(43, (0, 2), "elect_leaders", "elections", refusals.each_election),
    Route(44, (0, 1), "incremental_alter_configs", "config_changes", refusals.each_changed_resource),
    Route(45, (0, 1), "alter_partition_reassignments", "reassignments", refusals.each_reassignment),
    Route(46, (0, 0), "list_partition_reassignments", "reassignments", refusals.top_level),
    Route(47, (0, 0), "offset_delete", "offset_delete", refusals.top_level),
    Route(55, (0, 2), "describe_quorum", "quorum", refusals.top_level),
    Route(57, (0, 2), "update_features", "features", refusals.top_level),
    Route(60, (0, 2), "describe_cluster", "metadata", refusals.top_level),
    Route(61, (0, 0), "describe_producers", "active_producers", refusals.each_partition_of_producers),
    Route(74, (0, 1), "list_config_resources", "configs", refusals.top_level),
    Route(75, (0, 0), "describe_topic_partitions", "describe_topics", refusals.each_paged_topic),
]
ROUTES = {route.key: route for route in _TABLE}


def advertised() -> list[tuple[int, int, int]]:
    """(api key, lowest version, highest version) as ApiVersions states them."""
    # librdkafka before 2.11.1 turns compression off unless Produce starts at 0, so Kafka says 0 and refuses 0 to 2
    # (KAFKA-18659), and so do we.
    return [(key, 0 if key == _PRODUCE else low, high) for key, (low, high), *_ in _TABLE]
