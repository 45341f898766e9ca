"""What the broker does unasked, by the virtual clock."""

import pytest
import trio
from asking import Asker, batch_of, opened, produced
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest

from pykbroker.server import upkeep


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
    await upkeep.flush_rolled(ask.broker)
    ask.broker.data.checkpoint()
    assert "t 0 2" in (tmp_path / "recovery-point-offset-checkpoint").read_text().splitlines()


async def test_files_of_a_deleted_topic_wait_under_another_name_and_then_go(ask, tmp_path):
    await ask.create("t")
    await produced(ask, batch_of(b"a"), name="t")
    await ask(DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    assert list(tmp_path.glob("t-0.*-delete"))
    await upkeep.remove_deleted(ask.broker)
    assert not list(tmp_path.glob("t-0*"))


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
