"""What a look-up reads: a few entries of an index and a page of it, however large the index is."""

from __future__ import annotations

import bisect
from pathlib import Path

import pytest
from logs import NOW, PLAIN, batch, open_log

from pykbroker.storage import files
from pykbroker.storage.index import offset_index, time_index

PAGE = 4096
HEADERS = 8192  # read at once, to walk over the batches between two entries


class Reads:
    """What is read of files while it is in place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        read_at = files.read_at

        def counted(descriptor: int, length: int, position: int) -> bytes:
            self.sizes.append(length)
            return read_at(descriptor, length, position)

        monkeypatch.setattr(files, "read_at", counted)


@pytest.mark.parametrize("kind", [offset_index, time_index])
def test_a_search_in_a_large_index_reads_a_page_and_one_entry_for_each_halving(kind, tmp_path: Path, monkeypatch):
    entries = [(number * 10, number * 3) for number in range(200_000)]
    index = kind(tmp_path / "index")
    for entry in entries:
        index.append(*entry)
    index.write()
    reads = Reads(monkeypatch)
    for target in (0, 9, 10, 777_777, 1_999_990, 5_000_000):
        reads.sizes.clear()
        assert index.floor(target) == entries[bisect.bisect_right(entries, (target, 2**62)) - 1]
        assert sum(size <= 12 for size in reads.sizes) <= 10
        assert [size <= PAGE for size in reads.sizes if size > 12] == [True]


def test_an_offset_and_a_timestamp_are_found_with_two_searches_and_a_walk_between_two_entries(tmp_path, monkeypatch):
    log = open_log(tmp_path / "log", PLAIN)
    for number in range(3_000):
        log.append(batch(b"x" * 2_000, timestamp=NOW + number * 7), leader_epoch=0, timestamp_ms=NOW)
    log.flush()
    reads = Reads(monkeypatch)
    for offset in (0, 1, 1_234, 2_999):
        reads.sizes.clear()
        assert log.read(offset, 1 << 20, at_least_one=True) is not None
        assert sum(reads.sizes) <= PAGE + 2 * HEADERS
        reads.sizes.clear()
        found = log.offset_for_timestamp(NOW + offset * 7)
        assert found is not None
        assert found.offset == offset
        assert sum(reads.sizes) <= 2 * PAGE + 3 * HEADERS
