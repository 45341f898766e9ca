"""What the broker does unasked, by the virtual clock."""

import pytest
import trio
from asking import Asker, batch_of, list_offsets, opened, produced
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest

from pykbroker.server import upkeep
from pykbroker.storage.segment import Segment


@pytest.fixture
async def ask(tmp_path):
    broker = opened(tmp_path)
    yield Asker(broker)
    broker.data.close()


async def test_a_rolled_segment_is_flushed_and_the_checkpoint_says_so(ask, tmp_path):
    await ask.create("t", segment_bytes="1048576")
    for _ in range(3):
        await produced(ask, batch_of(b"x" * 600_000), name="t")
    assert ask.broker.data.partition("t", 0).needs_flush
    assert await upkeep.flush_rolled(ask.broker)
    assert not await upkeep.flush_rolled(ask.broker)
    await upkeep.checkpoint(ask.broker)
    assert "t 0 2" in (tmp_path / "recovery-point-offset-checkpoint").read_text().splitlines()


async def test_the_checkpoint_knows_of_a_rolled_segment_long_before_its_interval_is_over(
    ask, tmp_path, nursery, autojump_clock, monkeypatch
):
    async def at_once(work, *args):
        return work(*args)

    monkeypatch.setattr("trio.to_thread.run_sync", at_once)
    nursery.start_soon(upkeep._checkpoints, ask.broker)
    await ask.create("t", segment_bytes="1048576")
    for _ in range(3):
        await produced(ask, batch_of(b"x" * 600_000), name="t")
    await trio.sleep(6)
    assert ask.broker.config.log_flush_offset_checkpoint_interval_ms == 60_000
    assert "t 0 2" in (tmp_path / "recovery-point-offset-checkpoint").read_text().splitlines()


async def test_a_checkpoint_is_written_when_something_has_changed_and_not_again(ask, tmp_path):
    file = tmp_path / "replication-offset-checkpoint"
    await ask.create("t")
    await produced(ask, batch_of(b"a"), name="t")
    await upkeep.checkpoint(ask.broker)
    file.unlink()
    await upkeep.checkpoint(ask.broker)
    assert not file.exists()
    await produced(ask, batch_of(b"b"), name="t")
    await upkeep.checkpoint(ask.broker)
    assert "t 0 2" in file.read_text().splitlines()


async def test_a_checkpoint_that_could_not_be_written_is_written_the_next_time(ask, tmp_path):
    file = tmp_path / "replication-offset-checkpoint"
    await ask.create("t")
    await produced(ask, batch_of(b"a"), name="t")
    file.mkdir()
    with pytest.raises(OSError):
        await upkeep.checkpoint(ask.broker)
    file.rmdir()
    await upkeep.checkpoint(ask.broker)
    assert "t 0 1" in file.read_text().splitlines()


async def test_files_of_a_deleted_topic_wait_under_another_name_and_then_go(ask, tmp_path, autojump_clock):
    await ask.create("t")
    await produced(ask, batch_of(b"a"), name="t")
    await ask(DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    await upkeep.remove_due(ask.broker)
    await trio.sleep(59.9)
    await upkeep.remove_due(ask.broker)
    assert list(tmp_path.glob("t-0.*-delete"))
    await trio.sleep(0.1)
    await upkeep.remove_due(ask.broker)
    assert not list(tmp_path.glob("t-0*"))


def later(ask, monkeypatch, passed_ms):
    timestamp = ask.broker.clock.timestamp() + passed_ms
    monkeypatch.setattr(ask.broker.clock, "timestamp", lambda: timestamp)


async def starts(ask, name="t"):
    answer = await ask(list_offsets(-2, name), 5)
    return answer.topics[0].partitions[0].offset


async def test_retention_goes_by_what_each_topic_says(ask, monkeypatch):
    now = ask.broker.clock.timestamp()
    for name, retention_ms in (("t", "1000"), ("u", "-1")):
        await ask.create(name, retention_ms=retention_ms)
        await produced(ask, batch_of(b"a", b"b", timestamp=now), name=name)
    await upkeep.retain(ask.broker)
    assert await starts(ask) == 0
    later(ask, monkeypatch, 2_000)
    await upkeep.retain(ask.broker)
    assert (await starts(ask), await starts(ask, "u")) == (2, 0)


async def test_the_catalog_is_kept_whatever_the_brokers_retention(tmp_path, monkeypatch):
    settings = {"log.retention.ms": "1", "log.retention.bytes": "0"}
    ask = Asker(opened(tmp_path, **settings))
    await ask.create("t")
    later(ask, monkeypatch, 10**12)
    await upkeep.retain(ask.broker)
    ask.broker.data.close()
    again = opened(tmp_path, **settings)
    assert "t" in again.catalog.topics
    again.data.close()


async def test_retention_is_looked_at_soon_after_a_start_and_then_at_its_interval(
    ask, nursery, autojump_clock, monkeypatch
):
    looked = []

    async def retain(broker):
        looked.append(broker.clock.now() - began)

    monkeypatch.setattr(upkeep, "retain", retain)
    began = ask.broker.clock.now()
    nursery.start_soon(upkeep.keep_up, ask.broker)
    await trio.sleep(700)
    assert [round(each / 1000) for each in looked] == [30, 330, 630]


async def test_one_partition_that_cannot_be_retained_does_not_keep_the_others(ask, monkeypatch, caplog):
    now = ask.broker.clock.timestamp()
    for name in ("broken", "t"):
        await ask.create(name, retention_ms="1000")
        await produced(ask, batch_of(b"a", timestamp=now), name=name)

    def seal(segment, really=Segment.seal):
        if "broken" in segment.path:
            raise OSError("no space")
        really(segment)

    monkeypatch.setattr(Segment, "seal", seal)
    later(ask, monkeypatch, 2_000)
    await upkeep.retain(ask.broker)
    assert (await starts(ask, "broken"), await starts(ask)) == (0, 1)
    assert "broken-0 cannot be deleted from: no space" in caplog.text
    monkeypatch.undo()


async def test_a_bug_in_one_chore_is_logged_and_the_chore_begins_again(nursery, autojump_clock, caplog):
    runs = []

    async def chore():
        runs.append(trio.current_time())
        raise RuntimeError("boom")

    nursery.start_soon(upkeep.undaunted, chore)
    await trio.sleep(2.5)
    assert len(runs) == 3
    assert "boom" in caplog.text


async def test_offsets_of_every_group_expire_after_the_retention(tmp_path, monkeypatch):
    ask = Asker(opened(tmp_path, **{"offsets.retention.minutes": "1"}))
    await ask.create("t")
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    committed = topic(name="t", partitions=[topic.OffsetCommitRequestPartition(partition_index=0, committed_offset=5)])
    for group in ("a", "b"):
        await ask(OffsetCommitRequest(group_id=group, topics=[committed]), 8)
    machine, timestamp = ask.broker.groups.machine, ask.broker.clock.timestamp()
    for passed_ms, left in ((59_000, ["a", "b"]), (61_000, [])):
        monkeypatch.setattr(ask.broker.clock, "timestamp", lambda passed_ms=passed_ms: timestamp + passed_ms)
        await upkeep.expire_offsets(ask.broker)
        assert machine.group_ids() == left
    ask.broker.data.close()


async def test_logs_that_nobody_uses_are_closed_but_not_the_catalog(ask):
    for name in ("t", "u"):
        await ask.create(name)
        await produced(ask, batch_of(b"a"), name=name)
    await upkeep.close_idle(ask.broker, keep_open=0, unused_looks=1)
    await produced(ask, batch_of(b"b"), name="u")
    assert await upkeep.close_idle(ask.broker, keep_open=0, unused_looks=1) == 1
    assert {log.topic for log in ask.broker.data.open_logs()} == {"u", "__cluster_metadata"}
    await ask.create("v")
    assert (await ask(list_offsets(-1, "t"), 5)).topics[0].partitions[0].offset == 1
