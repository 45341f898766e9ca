"""Whose a data directory is: the node and the cluster of its meta.properties, compared with what was configured."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from . import names
from .properties import BadProperties, MetaProperties, read_properties, write_properties
from .recovery import StorageError


def claimed(path: Path, new_uuid: Callable[[], bytes], node_id: int | None, cluster_id: str | None) -> MetaProperties:
    """What the directory says of itself; one that says nothing yet and is empty is given an identity.

    Raises:
        StorageError: it belongs to another node or cluster, or is damaged.
    """
    try:
        found = read_properties(path)
    except BadProperties as fault:
        raise StorageError(
            f"{fault}; restore the file from a copy, or move the directory away to begin a new one"
        ) from fault
    if found is None:
        if any(names.parse_partition_directory(name) for name in os.listdir(path)):
            raise StorageError(
                f"{path} holds partitions but no {names.META_PROPERTIES}; restore that file, or move the directory "
                "away to begin a new one"
            )
        found = MetaProperties(
            cluster_id or names.uuid_text(new_uuid()), 1 if node_id is None else node_id, names.uuid_text(new_uuid())
        )
        write_properties(path, found)
        return found
    if node_id is not None and found.node_id != node_id:
        raise StorageError(
            f"{path} belongs to node.id {found.node_id}, not {node_id}: set node.id={found.node_id}, "
            "or choose another log.dirs"
        )
    if cluster_id is not None and found.cluster_id != cluster_id:
        raise StorageError(
            f"{path} belongs to the cluster {found.cluster_id}, not {cluster_id}: choose another log.dirs"
        )
    return found
