"""What a compaction leaves of transactions: nothing of aborted ones, and markers for as long as a reader needs them."""

from __future__ import annotations

from pathlib import Path

from compacting import DAY, compact, records
from logs import NOW, abort, aborted_transactions, commit, crashed, end, open_log, transact
from pykbroker_protocol.records.batch import DELETE_HORIZON

from pykbroker.config.topic import LogConfig
from pykbroker.storage.aborted import Aborted
from pykbroker.storage.compaction import work
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record

COMPACTED = LogConfig(cleanup_policy=("compact",), min_cleanable_dirty_ratio=0.0)
OTHER = 6


def plain(log: PartitionLog, key: bytes, value: bytes = b"plain") -> None:
    log.append_records([Record(key, value, NOW)], leader_epoch=0, timestamp_ms=NOW)


def shape(log: PartitionLog) -> list[str]:
    """Offset and kind of each batch, how many records it has, and whether its time to go is set."""
    return [
        f"{header.base_offset} {'marker' if header.is_control else 'data'} {header.records_count}"
        + " until" * bool(header.attributes & DELETE_HORIZON)
        for header, _ in log.batches()
    ]


def ended(tmp_path: Path, config: LogConfig = COMPACTED) -> PartitionLog:
    """An aborted transaction, then a committed one, and a plain record; all are sealed."""
    log = open_log(tmp_path / "orders-0", config)
    transact(log, b"aborted")
    abort(log)
    transact(log, b"committed", producer_id=OTHER)
    commit(log, OTHER)
    plain(log, b"z")
    log.roll()
    return log


def test_what_an_aborted_transaction_wrote_goes_and_what_a_committed_one_wrote_stays(tmp_path: Path) -> None:
    log = ended(tmp_path)
    compact(log)
    assert [record for record in records(log) if record[1] in (b"k", b"z")] == [
        (2, b"k", b"committed"),
        (4, b"z", b"plain"),
    ]


def test_an_aborted_record_does_not_hide_the_one_before_it(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    plain(log, b"k", b"stays")
    transact(log, b"aborted")
    abort(log)
    log.roll()
    compact(log)
    assert records(log)[0] == (0, b"k", b"stays")


def again(log: PartitionLog, clean: int, now: int = NOW) -> int:
    """One more round; what it has to do is a record of a key of its own."""
    plain(log, b"%d" % log.log_end_offset)
    log.roll()
    return compact(log, clean, now)


def newer(log: PartitionLog) -> None:
    """The newest batches of both producers are elsewhere, so no other one has to stay for their sake."""
    transact(log, b"newer")
    abort(log)
    transact(log, b"newer", producer_id=OTHER)
    commit(log, OTHER)
    log.roll()


def test_a_marker_that_has_nothing_left_before_it_stays_for_delete_retention_ms_and_then_goes(tmp_path: Path) -> None:
    log = ended(tmp_path)
    newer(log)
    clean = compact(log)
    assert shape(log)[:3] == ["1 marker 1", "3 marker 1", "4 data 1"]
    clean = again(log, clean)
    assert shape(log)[:3] == ["1 marker 1 until", "3 marker 1 until", "4 data 1"]
    clean = again(log, clean, NOW + DAY - 1)
    assert shape(log)[:2] == ["1 marker 1 until", "3 marker 1 until"]
    again(log, clean, NOW + DAY)
    assert shape(log)[0] == "4 data 1"


def test_a_marker_stays_as_it_is_while_something_of_its_transaction_is_left(tmp_path: Path) -> None:
    log = ended(tmp_path)
    compact(log)
    assert shape(log) == ["0 data 0", "1 marker 1", "2 data 1", "3 marker 1", "4 data 1"]
    assert aborted_transactions(log) == [Aborted(5, 0, 1, 2)]


def test_the_index_of_aborted_transactions_says_what_was_left_of_them_also_after_a_kill(tmp_path: Path) -> None:
    log = ended(tmp_path)
    newer(log)
    clean = compact(log)
    assert [each.first_offset for each in aborted_transactions(log)] == [0, 5]
    again(log, clean)
    assert aborted_transactions(log) == [Aborted(5, 5, 6, 7)]
    assert [path.name for path in sorted((tmp_path / "orders-0").glob("*.txnindex"))] == ["0" * 20 + ".txnindex"]
    log = crashed(log, COMPACTED)
    assert aborted_transactions(log) == [Aborted(5, 5, 6, 7)]


def test_without_anything_left_of_aborted_transactions_there_is_no_index_of_them(tmp_path: Path) -> None:
    log = ended(tmp_path)
    transact(log, b"newer")
    commit(log)
    log.roll()
    again(log, compact(log))
    assert aborted_transactions(log) == []
    assert not list((tmp_path / "orders-0").glob("*.txnindex"))


def test_a_transaction_that_spans_segments_is_aborted_in_all_of_them(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    transact(log, b"1")
    log.roll()
    transact(log, b"2")
    log.roll()
    abort(log)
    plain(log, b"z")
    log.roll()
    compact(log)
    assert shape(log) == ["1 data 0", "2 marker 1", "3 data 1"]


def test_nothing_behind_the_last_stable_offset_is_compacted(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    plain(log, b"k", b"1")
    plain(log, b"k", b"2")
    log.roll()
    transact(log, b"open")
    log.roll()
    plain(log, b"k", b"3")
    log.roll()
    assert compact(log) == 2
    assert shape(log) == ["1 data 1", "2 data 1", "3 data 1"]
    assert work(log, 2, NOW) is None


def test_an_aborted_transaction_of_which_a_part_was_clean_already_is_known_to_the_next_round(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    plain(log, b"k", b"stays")
    transact(log, b"1")
    log.roll()
    transact(log, b"2")
    abort(log)
    log.roll()
    compact(log, first_dirty=2)
    assert records(log)[0] == (0, b"k", b"stays")


def test_the_newest_marker_of_a_producer_without_batches_stays_as_an_empty_batch(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    transact(log, b"1")
    abort(log)
    end(log, committed=False, producer_epoch=3)
    plain(log, b"z")
    log.roll()
    clean = compact(log)
    clean = again(log, clean)
    again(log, clean, NOW + DAY)
    assert shape(log)[:2] == ["2 marker 0", "3 data 1"]
