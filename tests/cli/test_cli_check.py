"""`pykbroker check` names whatever is wrong with a data directory, with its file and byte, and changes nothing."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Typed, typed
from damaged import FIRST, NOW, SECOND, data_directory, opened, overwrite, partition

from pykbroker.storage.markers import Marker
from pykbroker.storage.records import Record


def names(data: Path) -> list[str]:
    """What `check` prints before its table, without the directory."""
    result = typed("check", str(data))
    assert result.exit_code == 1, result.output
    lines = result.stdout.split("\n\n")[0].splitlines()
    return [line.removeprefix(f"{data}/") for line in lines]


def test_a_whole_directory_has_no_faults(tmp_path: Path) -> None:
    result = typed("check", str(data_directory(tmp_path)))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1].split() == ["1", "2", "20", "2.2", "KiB", "0"]


def test_the_directory_of_a_running_broker_has_no_faults(pk: Typed, data: Path) -> None:
    pk.said("topics", "create", "checked")
    pk.said("produce", "-t", "checked", stdin="one\ntwo\n")
    assert typed("check", str(data)).exit_code == 0


Damage = Callable[[Path], object]


def test_aborted_transactions_are_shown_and_are_no_fault(tmp_path: Path) -> None:
    log = opened(partition(tmp_path), clean=False)
    records = [Record(b"key", b"value", NOW)]
    log.append_records(records, leader_epoch=0, timestamp_ms=NOW, producer_id=5, producer_epoch=0, transactional=True)
    log.append_marker(Marker(5, 0, 3, committed=False), leader_epoch=0, timestamp_ms=NOW)
    log.close()
    assert typed("check", str(tmp_path / "orders-0")).exit_code == 0
    shown = typed("dump-log", str(tmp_path / "orders-0" / f"{SECOND}.txnindex")).stdout
    assert "aborted   producer 5   offsets 60-61   stable up to 62" in shown


DAMAGES: dict[str, tuple[Damage, str]] = {
    "a flipped byte": (
        lambda p: overwrite(p / f"{FIRST}.log", 300, ">B", 0xFF),
        f"orders-0/{FIRST}.log at byte 230: the CRC of the batch at offset 6 is",
    ),
    "a batch cut short": (
        lambda p: (p / f"{SECOND}.log").write_bytes((p / f"{SECOND}.log").read_bytes()[:-5]),
        f"orders-0/{SECOND}.log at byte 1035: a batch of 115 bytes, 110 are left",
    ),
    "offsets that go back": (
        lambda p: overwrite(p / f"{FIRST}.log", 230, ">q", 1),
        f"orders-0/{FIRST}.log at byte 230: a batch at offset 1, where the one before ends at 6",
    ),
    "an index that points between batches": (
        lambda p: overwrite(p / f"{FIRST}.index", 4, ">i", 100),
        f"orders-0/{FIRST}.index at byte 0: points to byte 100 of the log, where no batch begins",
    ),
    "an index that promises another offset": (
        lambda p: overwrite(p / f"{FIRST}.index", 0, ">i", 9),
        f"orders-0/{FIRST}.index at byte 0: promises offset 9 at byte 115: there is 3-5",
    ),
    "an index out of order": (
        lambda p: overwrite(p / f"{FIRST}.index", 8, ">ii", 0, 0),
        f"orders-0/{FIRST}.index at byte 8: the entry of offset 0 is not behind the one before",
    ),
    "a time index that promises too little": (
        lambda p: overwrite(p / f"{FIRST}.timeindex", 12, ">q", 1_700_000_000_013),
        f"orders-0/{FIRST}.timeindex at byte 12: promises nothing later than 1700000000013",
    ),
    "a snapshot with a wrong CRC": (
        lambda p: overwrite(p / "00000000000000000060.snapshot", 2, ">I", 5),
        "orders-0/00000000000000000060.snapshot: its CRC is",
    ),
    "a transaction index cut short": (
        lambda p: (p / f"{FIRST}.txnindex").write_bytes(b"\0" * 5),
        f"orders-0/{FIRST}.txnindex at byte 0: 5 bytes are no entry of 34",
    ),
    "a transaction index that names no marker": (
        lambda p: (p / f"{FIRST}.txnindex").write_bytes(struct.pack(">hqqqq", 0, 5, 0, 6, 7)),
        f"orders-0/{FIRST}.txnindex at byte 0: no marker of producer 5 at offset 6",
    ),
    "a transaction index with another segment's marker": (
        lambda p: (p / f"{SECOND}.txnindex").write_bytes(struct.pack(">hqqqq", 0, 5, 0, 6, 7)),
        f"orders-0/{SECOND}.txnindex at byte 0: a transaction of offsets 0-6, whose marker lies elsewhere",
    ),
    "epochs that go back": (
        lambda p: (p / "leader-epoch-checkpoint").write_text("0\n2\n3 0\n1 9\n"),
        "orders-0/leader-epoch-checkpoint: epoch 1 from 9 on is not behind epoch 3 from 0 on",
    ),
    "a topic id that is none": (
        lambda p: (p / "partition.metadata").write_text("version: 0\ntopic_id: no"),
        "orders-0/partition.metadata: ",
    ),
    "a checkpoint behind the end": (
        lambda p: (p.parent / "replication-offset-checkpoint").write_text("0\n1\norders 0 61\n"),
        "replication-offset-checkpoint: orders-0 at 61, its log ends at 60",
    ),
    "no meta.properties": (
        lambda p: (p.parent / "meta.properties").unlink(),
        "meta.properties: is missing: whose directory is it?",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_with_its_place(tmp_path: Path, damage: str) -> None:
    done, expected = DAMAGES[damage]
    done(data_directory(tmp_path) / "orders-0")
    found = names(tmp_path)
    assert any(line.startswith(expected) for line in found), found


def test_segments_that_overlap_are_named(tmp_path: Path) -> None:
    directory = data_directory(tmp_path) / "orders-0"
    for suffix in ("log", "index", "timeindex"):
        (directory / f"{SECOND}.{suffix}").rename(directory / f"00000000000000000020.{suffix}")
    assert "begins at 20, but the segment before ends at 30" in names(tmp_path)[0]


def test_programs_get_the_faults_as_json(tmp_path: Path) -> None:
    overwrite(data_directory(tmp_path) / "orders-0" / f"{FIRST}.index", 4, ">i", 100)
    found = json.loads(typed("check", str(tmp_path), "--json").stdout)
    assert [fault["position"] for fault in found["faults"]] == [0]
    assert found["partitions"][0]["end_offset"] == 60


def test_faults_in_indexes_alone_can_be_mended_by_a_start(tmp_path: Path) -> None:
    overwrite(data_directory(tmp_path) / "orders-0" / f"{FIRST}.index", 4, ">i", 100)
    assert "delete these files" in typed("check", str(tmp_path)).stderr


def test_a_file_of_another_program_is_no_segment(tmp_path: Path) -> None:
    (tmp_path / "install.log").write_text("not Kafka's")
    assert "has no partition" in typed("check", str(tmp_path)).stderr
    (data_directory(tmp_path) / "orders-0/copy.log").write_text("not Kafka's")
    assert names(tmp_path)[0].startswith("orders-0/copy.log: its name carries no offset")


def test_a_directory_without_partitions_is_no_data_directory(tmp_path: Path) -> None:
    assert "name a directory that log.dirs named" in typed("check", str(tmp_path)).stderr
