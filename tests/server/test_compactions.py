"""The chore that compacts: whatever is worth it, in a thread, while clients are served."""

import logging
from functools import partial

import pytest
import trio
from asking import Asker, batch_of, opened, produced
from config_asking import BROKER, SET, change

from pykbroker.server import compactions, upkeep
from pykbroker.server.compactions import Compactions
from pykbroker.server.retaining import retain
from pykbroker.storage.cleaner import Cleaner
from pykbroker.storage.compacting import Compaction
from pykbroker.storage.deletion import delete_before, set_aside
from pykbroker.storage.records import records_of

CLEANS = {"cleanup_policy": "compact", "min_cleanable_dirty_ratio": "0"}


@pytest.fixture
async def ask(tmp_path):
    broker = opened(tmp_path)
    yield Asker(broker)
    broker.data.close()


async def filled(ask, name, timestamp=1_000, **settings):
    """Three records of one key, each in a segment of its own, and an active one."""
    await ask.create(name, **settings)
    for value in (b"1", b"2", b"3", b"4"):
        await produced(ask, batch_of(value, timestamp=timestamp), name=name)
        ask.broker.data.partition(name, 0).roll()


def offsets(ask, name):
    log = ask.broker.data.partition(name, 0)
    return [record.offset for header, batch in log.batches() for record in records_of(batch, header)]


async def test_what_is_compacted_is_what_its_topic_says(ask, caplog):
    caplog.set_level(logging.INFO)
    await filled(ask, "compacted", **CLEANS)
    await filled(ask, "kept")
    assert await Compactions(ask.broker).once() == 1
    assert (offsets(ask, "compacted"), offsets(ask, "kept")) == ([3], [0, 1, 2, 3])
    assert "compacted: partition=compacted-0 clean_until=4 bytes=" in caplog.text


async def test_where_a_log_is_clean_is_known_after_a_restart(ask, tmp_path):
    await filled(ask, "t", **CLEANS)
    await Compactions(ask.broker).once()
    assert (tmp_path / "cleaner-offset-checkpoint").read_text() == "0\n1\nt 0 4\n"
    ask.broker.data.close()
    ask.broker = opened(tmp_path)
    assert await Compactions(ask.broker).once() == 0
    assert offsets(ask, "t") == [3]


async def test_a_log_that_nobody_opened_since_the_start_is_compacted_too(ask, tmp_path):
    await filled(ask, "t", **CLEANS)
    ask.broker.data.close()
    ask.broker = opened(tmp_path)
    assert await Compactions(ask.broker).once() == 1
    assert offsets(ask, "t") == [3]


async def test_that_a_log_has_gaps_is_on_disk_before_it_has_any(ask, tmp_path, monkeypatch):
    await filled(ask, "t", **CLEANS)
    listed = []

    def killed(self, log, result):
        listed.append((tmp_path / "cleaner-offset-checkpoint").read_text())
        return False

    monkeypatch.setattr(Cleaner, "put_in_place", killed)
    await Compactions(ask.broker).once()
    assert listed == ["0\n1\nt 0 0\n"]


async def test_files_that_were_replaced_wait_for_their_delay(ask, tmp_path):
    await filled(ask, "t", **CLEANS)
    await Compactions(ask.broker).once()
    assert len(list((tmp_path / "t-0").glob("*.log.deleted"))) == 4
    assert len(ask.broker.data.removals)


async def test_a_log_that_cannot_be_read_is_said_once_and_left_alone(ask, tmp_path, caplog):
    await filled(ask, "t", **CLEANS)
    with (tmp_path / "t-0" / "00000000000000000001.log").open("r+b") as file:
        file.seek(16)
        file.write(b"\xff")
    compactions = Compactions(ask.broker)
    await compactions.once()
    await compactions.once()
    assert caplog.text.count("not compacted: partition=t-0 why=") == 1
    assert not list((tmp_path / "t-0").glob("*.cleaned"))


async def test_a_closed_log_is_opened_when_its_time_has_come_and_not_before(ask, monkeypatch):
    now = ask.broker.clock.timestamp()
    await filled(ask, "t", timestamp=now, **CLEANS, min_compaction_lag_ms="60000")
    compactions = Compactions(ask.broker)
    monkeypatch.setattr(ask.broker.clock, "timestamp", lambda: now)
    await compactions.once()
    await upkeep.close_idle(ask.broker, keep_open=0, unused_looks=0)
    await compactions.once()
    assert ask.broker.data.open_log("t", 0) is None
    now += 61_000
    assert await compactions.once() == 1
    assert offsets(ask, "t") == [3]


async def test_a_log_stays_open_while_it_is_compacted(ask, monkeypatch):
    await filled(ask, "t", **CLEANS)
    closed = []
    run = Compaction.run

    def closing(self):
        closed.append(trio.from_thread.run(partial(upkeep.close_idle, ask.broker, keep_open=0, unused_looks=0)))
        return run(self)

    monkeypatch.setattr(Compaction, "run", closing)
    assert await Compactions(ask.broker).once() == 1
    assert (closed, offsets(ask, "t")) == ([0], [3])


async def test_a_segment_that_retention_takes_away_meanwhile_only_puts_the_compaction_off(ask, monkeypatch, tmp_path):
    await filled(ask, "t", **CLEANS)
    log = ask.broker.data.partition("t", 0)
    run = Compaction.run

    def overtaken(self):
        set_aside(delete_before(log, 2))
        return run(self)

    monkeypatch.setattr(Compaction, "run", overtaken)
    compactions = Compactions(ask.broker)
    assert await compactions.once() == 0
    assert [path.name[-5:] for path in sorted((tmp_path / "t-0").glob("*.log"))] == ["2.log", "3.log", "4.log"]
    assert not list((tmp_path / "t-0").glob("*.cleaned"))
    monkeypatch.setattr(Compaction, "run", run)
    assert await compactions.once() == 1
    assert offsets(ask, "t") == [3]


async def test_a_shorter_backoff_is_heeded_while_a_longer_one_is_waited_for(ask, nursery, autojump_clock, monkeypatch):
    looks = []

    async def look(self):
        looks.append(trio.current_time())

    monkeypatch.setattr(Compactions, "once", look)
    await change(ask, BROKER, "1", ("log.cleaner.backoff.ms", SET, "3600000"))
    nursery.start_soon(upkeep._compactions, ask.broker)
    await trio.sleep(10)
    await change(ask, BROKER, "1", ("log.cleaner.backoff.ms", SET, "20000"))
    await trio.sleep(15)
    assert [look - trio.current_time() for look in looks] == pytest.approx([-5], abs=1.1)


def test_a_compaction_keeps_to_the_rate_that_holds_at_the_moment(monkeypatch):
    now, rate = [0.0], [100.0]
    monkeypatch.setattr(compactions.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(compactions.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    pace = compactions._pace(lambda: rate[0], stopped=lambda: False)
    pace(1_000)
    assert now[0] == pytest.approx(10, abs=0.1)
    rate[0] = 1_000.0
    pace(1_000)
    assert now[0] == pytest.approx(11, abs=0.1)


DELETES_TOO = {"cleanup_policy": "compact,delete", "retention_ms": "60000"}


async def test_a_topic_that_is_compacted_too_is_compacted_before_anything_of_it_goes(ask):
    now = ask.broker.clock.timestamp()
    await ask.create("t", **CLEANS | DELETES_TOO)
    for timestamp in (now - 90_000, now, now):
        await produced(ask, batch_of(b"v", timestamp=timestamp), name="t")
        ask.broker.data.partition("t", 0).roll()
    await retain(ask.broker)
    assert offsets(ask, "t") == [0, 1, 2]
    await Compactions(ask.broker).round()
    assert (offsets(ask, "t"), ask.broker.data.partition("t", 0).log_start_offset) == ([2], 0)


async def test_what_is_past_the_retention_of_a_compacted_topic_goes(ask):
    await filled(ask, "t", **DELETES_TOO, min_cleanable_dirty_ratio="1")
    await Compactions(ask.broker).round()
    assert offsets(ask, "t") == []
