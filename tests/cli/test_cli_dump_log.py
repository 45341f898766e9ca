"""`pykbroker dump-log` prints what is in the files of a log, and where they are damaged."""

import json
from pathlib import Path
from typing import Any

import pytest
from commands import Typed, typed
from damaged import FIRST, data_directory, overwrite, partition


def dumped(*words: object) -> list[dict[str, Any]]:
    result = typed("dump-log", *map(str, words), "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_batches_are_shown_with_their_place(tmp_path: Path) -> None:
    _, first, second, *_ = dumped(partition(tmp_path) / f"{FIRST}.log")
    assert (first["base_offset"], first["last_offset"], first["position"]) == (0, 2, 0)
    assert (second["base_offset"], second["position"], second["codec"]) == (3, first["size_bytes"], "none")


def test_records_are_shown_when_asked_for(tmp_path: Path) -> None:
    text = typed("dump-log", "-r", str(partition(tmp_path) / f"{FIRST}.log")).stdout
    assert "@2  key  value 00" in text


def test_index_entries_are_shown_with_absolute_offsets(tmp_path: Path) -> None:
    directory = partition(tmp_path)
    offsets = dumped(directory / "00000000000000000030.index")
    times = dumped(directory / "00000000000000000030.timeindex")
    assert offsets[1] == {"file": offsets[0]["file"], "offset": 35, "position": 115}
    assert (times[1]["timestamp"], times[1]["offset"]) == (1_700_000_000_112, 35)


def test_a_data_directory_is_shown_with_its_checkpoints(tmp_path: Path) -> None:
    files = {Path(line["file"]).name for line in dumped(data_directory(tmp_path))}
    assert files >= {"meta.properties", "replication-offset-checkpoint", "leader-epoch-checkpoint", f"{FIRST}.log"}


def test_what_groups_committed_and_the_catalog_hold_is_decoded(pk: Typed, data: Path) -> None:
    pk.said("topics", "create", "dumped")
    pk.said("groups", "reset-offsets", "dumpers", "-t", "dumped", "--to-earliest")
    decoded = [line["decoded"] for line in dumped("-r", data) if "decoded" in line]
    assert any(each.get("TopicRecord v0", {}).get("name") == "dumped" for each in decoded)
    assert any(each.get("OffsetCommitKey", {}).get("group") == "dumpers" for each in decoded)


@pytest.mark.parametrize(("position", "where"), [(300, "at byte 230: the CRC"), (16, "at byte 0: no record batch")])
def test_damage_is_told_of_where_it_is(tmp_path: Path, position: int, where: str) -> None:
    log = partition(tmp_path) / f"{FIRST}.log"
    overwrite(log, position, ">B", 0xEE)
    result = typed("dump-log", str(log))
    assert result.exit_code == 1
    assert f"DAMAGED {where}" in result.stdout
    assert "`pykbroker check` says more" in result.stderr


def test_a_file_of_another_kind_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    result = typed("dump-log", str(tmp_path / "notes.txt"))
    assert result.exit_code == 2
    assert ".txnindex" in result.stderr
