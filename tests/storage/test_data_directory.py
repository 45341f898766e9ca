"""A directory belongs to one broker, knows what is known good, and outlives topics."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from logs import NOW, PLAIN, SMALL, fill, put, values
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage import names
from pykbroker.storage.checkpoints import read_offsets
from pykbroker.storage.data_directory import DataDirectory, DataDirectoryLocked
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.recovery import StorageError
from pykbroker.storage.removals import remove

ORDERS, OTHER = b"\1" * 16, b"\2" * 16
Open = Callable[[], DataDirectory]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens the same directory again, as a new broker would; at the end nothing is left open."""
    ids, directories = itertools.count(1), []

    def open_directory() -> DataDirectory:
        directories.append(DataDirectory.open(tmp_path / "data", new_uuid=lambda: next(ids).to_bytes(16, "big")))
        return directories[-1]

    yield open_directory
    for directory in directories:
        directory.abandon()


def orders(directory: DataDirectory, partition: int = 0, config: LogConfig = PLAIN) -> PartitionLog:
    directory.create_partition("orders", partition, ORDERS, config)
    return directory.partition("orders", partition)


def test_a_new_directory_gets_ids_and_keeps_them(opened: Open) -> None:
    first = opened()
    assert (first.cluster_id, first.directory_id, first.node_id) == ("A" * 20 + "AQ", "A" * 20 + "Ag", 1)
    first.close()
    again = opened()
    assert (again.cluster_id, again.directory_id) == (first.cluster_id, first.directory_id)


def test_a_directory_in_kafkas_own_words_is_read(tmp_path: Path) -> None:
    (tmp_path / names.META_PROPERTIES).write_text(
        "#\n#Sun Nov 22 22:15:59 UTC 2026\nnode.id=4\ndirectory.id=nzhLwXq72hqB3nwQlC8f5w\nversion=1\n"
        "cluster.id=7jmsSf-6SHul3UI5Ac84j\\=\n"
    )
    directory = DataDirectory.open(tmp_path, new_uuid=bytes)
    assert (directory.node_id, directory.cluster_id) == (4, "7jmsSf-6SHul3UI5Ac84j=")
    directory.abandon()


@pytest.mark.parametrize("content", ["", "version=0\nbroker.id=1\n", "version=1\nnode.id=x\ncluster.id=c\n"])
def test_a_damaged_meta_properties_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / names.META_PROPERTIES).write_text(content)
    with pytest.raises(StorageError, match="restore the file"):
        DataDirectory.open(tmp_path, new_uuid=bytes)


def test_another_node_or_cluster_is_refused(opened: Open, tmp_path: Path) -> None:
    opened().close()
    for mine in ({"node_id": 2}, {"cluster_id": "x"}):
        with pytest.raises(StorageError, match="belongs to"):
            DataDirectory.open(tmp_path / "data", new_uuid=bytes, **mine)  # type: ignore[arg-type]


def test_partitions_without_meta_properties_are_not_taken_for_a_new_directory(opened: Open, tmp_path: Path) -> None:
    directory = opened()
    put(orders(directory))
    directory.close()
    (tmp_path / "data" / names.META_PROPERTIES).unlink()
    with pytest.raises(StorageError, match="restore that file"):
        opened()


def test_a_second_opening_is_refused_until_the_first_is_over(opened: Open) -> None:
    first = opened()
    for _ in range(2):  # a refusal must not cost the holder its lock
        with pytest.raises(DataDirectoryLocked, match="stop it, or give this one a directory of its own"):
            opened()
    first.close()
    opened()


def test_a_second_process_is_refused_whichever_kind_of_lock_it_takes(opened: Open, tmp_path: Path) -> None:
    opened()
    script = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"  # as a JVM does
    lock = str(tmp_path / "data" / names.LOCK)
    child = subprocess.run([sys.executable, "-c", script, lock], capture_output=True, text=True, check=False)
    assert "BlockingIOError" in child.stderr


def test_a_lock_that_a_jvm_would_hold_is_respected(opened: Open, tmp_path: Path) -> None:
    opened().close()
    script = (
        "import fcntl, sys\nfile = open(sys.argv[1], 'r+')\nfcntl.lockf(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\ninput()"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "data" / names.LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(DataDirectoryLocked):
            opened()
        child.communicate("\n")
    opened()


def test_only_a_clean_shutdown_is_one(opened: Open, tmp_path: Path) -> None:
    directory = opened()
    put(orders(directory))
    directory.close()
    marker = tmp_path / "data" / names.CLEAN_SHUTDOWN
    assert json.loads(marker.read_text()) == {"version": 0, "brokerEpoch": -1}
    directory = opened()
    assert (directory.clean, marker.exists()) == (True, False)
    directory.abandon()
    assert not opened().clean


def test_a_partition_has_no_files_before_its_first_use(opened: Open, tmp_path: Path) -> None:
    directory = opened()
    directory.create_partition("orders", 0, ORDERS, PLAIN)
    assert list(directory.partitions_on_disk()) == []
    directory.partition("orders", 0)
    assert list(directory.partitions_on_disk()) == [("orders", 0)]
    content = (tmp_path / "data" / "orders-0" / names.PARTITION_METADATA).read_text()
    assert content == "version: 0\ntopic_id: AQEBAQEBAQEBAQEBAQEBAQ"


def test_a_partition_that_nobody_created_is_unknown(opened: Open) -> None:
    directory = opened()
    orders(directory)
    for topic, partition in (("orders", 1), ("other", 0)):
        with pytest.raises(Refused) as refused:
            directory.partition(topic, partition)
        assert refused.value.code is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


@pytest.mark.parametrize("end", [DataDirectory.close, DataDirectory.abandon])
def test_records_outlive_the_broker_however_it_ends(opened: Open, end: Callable[[DataDirectory], None]) -> None:
    directory = opened()
    fill(orders(directory, config=SMALL), 30)
    expected = values(directory.partition("orders", 0))
    end(directory)
    assert values(orders(opened(), config=SMALL)) == expected


def test_after_a_kill_a_partition_is_recovered_at_its_first_use_even_if_a_run_passes_before(opened: Open) -> None:
    directory = opened()
    put(orders(directory))
    put(orders(directory, 1))
    directory.abandon()
    directory = opened()
    assert orders(directory, 1).scanned_bytes > 0
    directory.close()  # partition 0 was never looked at: this shutdown cannot vouch for it
    directory = opened()
    assert not directory.clean
    assert orders(directory, 0).scanned_bytes > 0
    assert orders(directory, 1).scanned_bytes == 0  # flushed when it was closed
    directory.close()
    assert opened().clean


def test_checkpoints_keep_what_is_not_open(opened: Open, tmp_path: Path) -> None:
    directory = opened()
    put(orders(directory))
    put(orders(directory, 1), b"a", b"b")
    directory.close()
    directory = opened()
    put(orders(directory, 1))
    directory.checkpoint()
    points = read_offsets(tmp_path / "data" / names.RECOVERY_POINTS)
    assert points == {("orders", 0): 1, ("orders", 1): 2}
    assert read_offsets(tmp_path / "data" / names.HIGH_WATERMARKS) == {("orders", 0): 1, ("orders", 1): 3}


@pytest.mark.parametrize("damage", [b"\xff\xfe", b"1\n0\n", b"0\n5\norders 0 3\n", b"0\n1\norders\n"])
def test_a_damaged_checkpoint_costs_time_and_no_records(opened: Open, tmp_path: Path, damage: bytes) -> None:
    directory = opened()
    put(orders(directory))
    directory.close()
    (tmp_path / "data" / names.CLEAN_SHUTDOWN).unlink()
    (tmp_path / "data" / names.RECOVERY_POINTS).write_bytes(damage)
    log = orders(opened())
    assert (values(log), log.scanned_bytes > 0) == ([b"v"], True)


def test_a_deleted_topic_is_gone_at_once_and_its_files_after_their_delay(opened: Open, tmp_path: Path) -> None:
    directory = opened()
    log = orders(directory)
    put(log)
    slice_on_its_way = log.read(0, 1000)
    directory.delete_topic("orders")
    with pytest.raises(Refused):
        directory.partition("orders", 0)
    [left] = [path.name for path in (tmp_path / "data").iterdir() if path.is_dir()]
    assert left.startswith("orders-0.")
    assert left.endswith("-delete")
    assert directory.removals.take_due(0) == directory.removals.take_due(59_999) == []
    remove(directory.removals.take_due(60_000))
    assert not any(path.is_dir() for path in (tmp_path / "data").iterdir())
    assert len(slice_on_its_way.read()) > 0


def test_what_a_crash_left_of_deleted_topics_goes_at_the_next_start(opened: Open, tmp_path: Path) -> None:
    directory = opened()
    put(orders(directory))
    directory.delete_topic("orders")
    directory.abandon()
    remove(opened().removals.take_due(0))
    assert not any(path.is_dir() for path in (tmp_path / "data").iterdir())


def test_a_topic_created_again_does_not_see_the_old_ones_records(opened: Open, tmp_path: Path) -> None:
    directory = opened()
    put(orders(directory), b"old")
    directory.abandon()
    directory = opened()
    directory.create_partition("orders", 0, OTHER, PLAIN)
    log = directory.partition("orders", 0)
    assert (values(log), log.log_end_offset) == ([], 0)
    assert [path.name for path in (tmp_path / "data").iterdir() if path.name.endswith("-stray")]


def test_the_longest_topic_name_can_be_deleted(opened: Open) -> None:
    directory, topic = opened(), "t" * 249
    directory.create_partition(topic, 0, ORDERS, PLAIN)
    put(directory.partition(topic, 0))
    directory.delete_topic(topic)
    assert list(directory.partitions_on_disk()) == []


def test_a_new_config_reaches_open_logs_and_later_ones(opened: Open) -> None:
    directory = opened()
    log = orders(directory)
    directory.create_partition("orders", 1, ORDERS, PLAIN)
    directory.configure("orders", LogConfig(max_message_bytes=10))
    for each in (log, directory.partition("orders", 1)):
        with pytest.raises(Refused) as refused:
            put(each)
        assert refused.value.code is ErrorCode.MESSAGE_TOO_LARGE


def test_few_descriptors_serve_many_partitions(tmp_path: Path) -> None:
    directory = DataDirectory.open(tmp_path / "data", new_uuid=bytes, max_open_segments=3)
    logs = [orders(directory, partition) for partition in range(20)]
    for _ in range(3):
        for log in logs:
            put(log)
    assert sum(segment.is_open for log in logs for segment in log.segments) <= 3
    assert [len(values(log)) for log in logs] == [3] * 20
    directory.close()


def test_a_partition_that_cannot_be_opened_fails_alone(opened: Open, tmp_path: Path) -> None:
    directory = opened()
    put(orders(directory))
    (tmp_path / "data" / "orders-1").write_bytes(b"a file where a directory should be")
    with pytest.raises(Refused) as refused:
        orders(directory, 1)
    assert refused.value.code is ErrorCode.KAFKA_STORAGE_ERROR
    assert put(orders(directory), now=NOW).base_offset == 1


@pytest.mark.parametrize("content", [None, b"", bytes(40)], ids=["missing", "empty", "zeros"])
def test_records_that_a_crash_kept_from_saying_whose_they_are_are_set_aside(
    opened: Open, tmp_path: Path, content: bytes | None
) -> None:
    directory = opened()
    directory.create_partition("orders", 0, ORDERS, PLAIN)
    put(directory.partition("orders", 0), b"of a topic that was deleted, for all we know")
    directory.abandon()
    whose = tmp_path / "data" / "orders-0" / "partition.metadata"
    whose.unlink()
    if content is not None:
        whose.write_bytes(content)
    directory = opened()
    directory.create_partition("orders", 0, ORDERS, PLAIN)
    assert directory.partition("orders", 0).log_end_offset == 0
    assert len(list((tmp_path / "data").glob("orders-0.*-stray"))) == 1


@pytest.mark.parametrize("clean", [True, False], ids=["after a shutdown", "at once"])
def test_a_topic_of_a_name_that_was_used_before_does_not_start_where_that_did(
    opened: Open, tmp_path: Path, clean: bool
) -> None:
    directory = opened()
    log = orders(directory)
    fill(log, 40)
    log.flush()
    log.start_at(30)
    directory.checkpoint()
    directory.delete_topic("orders")
    if clean:
        directory.close()
        directory = opened()
    directory.disown([("orders", 0)])
    directory.create_partition("orders", 0, OTHER, PLAIN)
    put(directory.partition("orders", 0), b"first")
    directory.abandon()
    directory = opened()
    directory.create_partition("orders", 0, OTHER, PLAIN)
    log = directory.partition("orders", 0)
    assert (log.log_start_offset, values(log)) == (0, [b"first"])
