"""A data directory with every kind of file, written by the engine itself, for tests that look at it and damage it."""

import struct
from pathlib import Path

from pykbroker.config.topic import LogConfig
from pykbroker.storage.files import Descriptors
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record

NOW = 1_700_000_000_000
FIRST, SECOND = "00000000000000000000", "00000000000000000030"


def partition(data: Path, name: str = "orders-0") -> Path:
    """Two segments of ten batches of three records, with a producer and entries in both indexes."""
    directory = data / name
    directory.mkdir(parents=True)
    log = opened(directory)
    (directory / "partition.metadata").write_text("version: 0\ntopic_id: AAECAwQFBgcICQoLDA0ODw")
    for number in range(20):
        if number == 10:
            log.roll()
        records = [Record(b"key", b"value %02d" % number, NOW + number * 10 + each) for each in range(3)]
        log.append_records(records, leader_epoch=0, timestamp_ms=NOW)
    log.close()
    return directory


def opened(directory: Path, *, clean: bool = True) -> PartitionLog:
    config, descriptors = LogConfig(index_interval_bytes=100), Descriptors(10)
    return PartitionLog(directory, "orders", 0, bytes(range(16)), config, descriptors=descriptors, clean=clean)


def data_directory(data: Path) -> Path:
    partition(data)
    (data / "meta.properties").write_text("version=1\ncluster.id=x\nnode.id=1\ndirectory.id=y\n")
    for name in ("recovery-point-offset-checkpoint", "replication-offset-checkpoint"):
        (data / name).write_text("0\n1\norders 0 60\n")
    return data


def overwrite(file: Path, position: int, layout: str, *values: int) -> None:
    content = bytearray(file.read_bytes())
    struct.pack_into(layout, content, position, *values)
    file.write_bytes(content)
