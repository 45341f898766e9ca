"""DescribeLogDirs and AlterReplicaLogDirs: the one data directory, and what lies in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import trio
from pykbroker_protocol.apis.alter_replica_log_dirs import AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse
from pykbroker_protocol.apis.describe_log_dirs import DescribeLogDirsRequest, DescribeLogDirsResponse
from pykbroker_protocol.errors import ErrorCode

from pykbroker.runtime.later import Later
from pykbroker.storage.sizes import bytes_of_logs

from .broker import Broker
from .client import Client

_Directory = DescribeLogDirsResponse.DescribeLogDirsResult
_Topic = _Directory.DescribeLogDirsTopic
_Partition = _Topic.DescribeLogDirsPartition
_Altered = AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult

_LONGEST_DIRECTORY_NAME = 255
_FUTURE_SUFFIX_LENGTH = len(
    "-." + 32 * "0" + "-future"
)  # beside topic and partition: what Kafka calls a replica that moves


def describe_log_dirs(
    broker: Broker, request: DescribeLogDirsRequest, client: Client
) -> Later[DescribeLogDirsResponse]:
    """The directory with its disk, and the sizes of the partitions asked for that exist.

    Partitions that were not used since the start are measured on disk, in a thread: there may be thousands.
    """
    wanted = _wanted(broker, request)

    async def wait() -> DescribeLogDirsResponse:
        sizes = {key: size for key in wanted if (size := broker.data.open_size(*key)) is not None}
        closed = [key for key in wanted if key not in sizes]
        measured, disk = await trio.to_thread.run_sync(_measure, broker.data.path, closed)
        return _described(broker, sizes | measured, disk)

    return Later(wait)


def _wanted(broker: Broker, request: DescribeLogDirsRequest) -> list[tuple[str, int]]:
    """The partitions asked for that exist, by topic."""
    topics = broker.catalog.topics
    if request.topics is None:
        return [(topic.name, index) for topic in topics.values() for index in range(topic.partitions)]
    asked = sorted({(topic.topic, index) for topic in request.topics for index in topic.partitions})
    return [(name, index) for name, index in asked if name in topics and 0 <= index < topics[name].partitions]


def _measure(
    path: Path, partitions: list[tuple[str, int]]
) -> tuple[dict[tuple[str, int], int], tuple[int, int] | None]:
    """Sizes, and (total, usable) bytes of the disk, None if that does not answer."""
    sizes: dict[tuple[str, int], int] = {key: bytes_of_logs(path, *key) for key in partitions}
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return sizes, None
    return sizes, (usage.total, usage.free)


def _described(
    broker: Broker, sizes: dict[tuple[str, int], int], disk: tuple[int, int] | None
) -> DescribeLogDirsResponse:
    if disk is None:
        failed = _Directory(error_code=ErrorCode.KAFKA_STORAGE_ERROR, log_dir=_path(broker))
        return DescribeLogDirsResponse(results=[failed])
    topics: dict[str, _Topic] = {}
    for (name, index), size in sizes.items():
        topic = topics.get(name) or topics.setdefault(name, _Topic(name=name, partitions=[]))
        topic.partitions.append(_Partition(partition_index=index, partition_size=size))
    total_bytes, usable_bytes = disk
    directory = _Directory(
        log_dir=_path(broker),
        topics=list(topics.values()),
        total_bytes=total_bytes,
        usable_bytes=usable_bytes,
        is_cordoned=broker.config.is_cordoned,
    )
    return DescribeLogDirsResponse(results=[directory])


def alter_replica_log_dirs(
    broker: Broker, request: AlterReplicaLogDirsRequest, client: Client
) -> AlterReplicaLogDirsResponse:
    """A partition may be told to stay in the one directory; of several directories for one the last counts."""
    destinations = {
        (topic.name, index): directory.path
        for directory in request.dirs
        for topic in directory.topics
        for index in topic.partitions
    }
    results: dict[str, _Altered] = {}
    for (name, index), path in destinations.items():
        topic = results.get(name) or results.setdefault(name, _Altered(topic_name=name, partitions=[]))
        code = _refusal(broker, name, index, path)
        topic.partitions.append(_Altered.AlterReplicaLogDirPartitionResult(partition_index=index, error_code=code))
    return AlterReplicaLogDirsResponse(results=list(results.values()))


def _refusal(broker: Broker, name: str, index: int, path: str) -> ErrorCode:
    if len(f"{name}{index}") + _FUTURE_SUFFIX_LENGTH > _LONGEST_DIRECTORY_NAME:
        return ErrorCode.INVALID_TOPIC_EXCEPTION
    if path != _path(broker):
        return ErrorCode.LOG_DIR_NOT_FOUND
    topic = broker.catalog.topic_by_name(name)
    known = topic is not None and 0 <= index < topic.partitions
    return ErrorCode.NONE if known else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


def _path(broker: Broker) -> str:
    return str(broker.data.path.absolute())
