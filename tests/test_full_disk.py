"""A disk that is really full: a small one is mounted, which takes the right to do so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from asking import Asker, batch_of, opened, produced
from pykbroker_protocol.errors import ErrorCode

from pykbroker.storage.records import records_of

DISK_BYTES = 2 << 20
RECORD = b"x" * 100_000


@pytest.fixture
def small_disk(tmp_path: Path):
    """A directory on a disk of its own."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(tmp_path)]
    try:
        mounted = subprocess.run(words, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no mount command here: what a full disk does was not tried")
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here, so what a full disk does was not tried: {mounted.stderr.strip()}")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


async def until_refused(ask):
    """How many records were acknowledged, and what the next one was told."""
    for number in range(2 * DISK_BYTES // len(RECORD)):
        answer = await produced(ask, batch_of(RECORD))
        if answer.error_code:
            return number, answer.error_code
    raise AssertionError("the disk never filled")


async def test_a_full_disk_refuses_records_and_takes_them_again_when_there_is_room(small_disk: Path, caplog) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    broker = opened(small_disk / "data")
    ask = Asker(broker)
    await ask.create("t", flush_messages="1")
    before, code = await until_refused(ask)
    assert (before > 3, code) == (True, ErrorCode.KAFKA_STORAGE_ERROR)
    await until_refused(ask)
    assert caplog.text.count("batch not written: partition=t-0 why=[Errno 28]") == 1
    ballast.unlink()
    after, _ = await until_refused(ask)
    assert after > 3
    broker.data.abandon()
    log = opened(small_disk / "data").data.partition("t", 0)
    records = [record for header, batch in log.batches() for record in records_of(batch, header)]
    assert [(record.offset, record.value) for record in records] == [(n, RECORD) for n in range(before + after)]
