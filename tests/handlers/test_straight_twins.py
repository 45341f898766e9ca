"""Whatever is changed in a request that is known, the answer is that of a broker that knows nothing."""

import itertools
import random

import pytest
from asking import Asker, batch_of, fetch, opened, produce
from pykbroker_protocol.apis.metadata import MetadataRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest

from pykbroker.runtime.later import Later, Parked, Promised
from pykbroker.server import answering

CHANGES = 400


@pytest.fixture
async def twins(tmp_path, monkeypatch):
    """Two brokers with the same ids, one of which never takes the straight way, and asks for no shortcut."""
    brokers = []
    for name in ("straight", "long"):
        ids = (number.to_bytes(16, "big") for number in itertools.count(1 << 120))
        monkeypatch.setattr("pykbroker.server.start.new_uuid", ids.__next__)
        brokers.append(opened(tmp_path / name))
    straight, long = (Asker(broker) for broker in brokers)
    long._answering._first_asked = lambda key, version: without_ways(
        answering.Answering._first_asked, long, key, version
    )
    yield straight, long
    for broker in brokers:
        broker.data.close()


def without_ways(first_asked, asker, key, version):
    served = first_asked(asker._answering, key, version)
    if served is not None:
        served.shortcut = served.straight = None
    return served


def outcome(asker, frame):
    try:
        answer = asker._answering.answer(memoryview(frame), asker.client)
    except Exception as verdict:
        return type(verdict).__name__, str(verdict)
    asker.sync()
    if isinstance(answer, Promised):
        answer = answer.finish()
    if isinstance(answer, Parked):
        answer.watch.leave()
    if answer is None or isinstance(answer, Later | Parked):
        return type(answer).__name__
    return b"".join(chunk if isinstance(chunk, bytes | bytearray | memoryview) else chunk.read() for chunk in answer)


def changed(dice, frame):
    """A byte is another, or some are gone or too many; or nothing is changed."""
    new = bytearray(frame)
    match dice.randrange(6):
        case 0:
            del new[dice.randrange(8, len(new)) :]
        case 1:
            new += dice.randbytes(dice.randrange(1, 9))
        case 2:
            pass
        case _:
            new[dice.randrange(2, len(new))] ^= 1 << dice.randrange(8)
    return bytes(new)


Topic = OffsetCommitRequest.OffsetCommitRequestTopic
Partition = Topic.OffsetCommitRequestPartition


def requests(asker, topic_id):
    timestamp = asker.broker.clock.timestamp()
    numbered = {"producer_id": 5, "producer_epoch": 0, "base_sequence": 0}
    commits = [Partition(partition_index=0, committed_offset=3), Partition(partition_index=1, committed_offset=4)]
    return {
        "produce": (produce(bytes(batch_of(b"a", b"b", timestamp=timestamp))), 9),
        "produce by id": (produce(bytes(batch_of(b"a", timestamp=timestamp, **numbered)), topic_id=topic_id), 13),
        "an old produce": (produce(bytes(batch_of(b"x" * 300, timestamp=timestamp))), 3),
        "fetch": (fetch(0, min_bytes=1, max_wait_ms=100, max_bytes=300), 11),
        "fetch by id": (fetch(1, topic_id=topic_id, isolation_level=1), 18),
        "metadata": (MetadataRequest(topics=[MetadataRequest.MetadataRequestTopic(name="t")]), 12),
        "commit": (OffsetCommitRequest(group_id="g", topics=[Topic(name="t", partitions=commits)]), 8),
    }


@pytest.mark.parametrize("seed", range(3))
async def test_a_changed_request_is_answered_as_if_nothing_were_known(twins, seed):
    straight, long = twins
    for asker in twins:
        topic = await asker.create("t", partitions=2)
        asker.broker.ensure_internal_topic("__consumer_offsets")
        asker.sync()
    frames = {name: bytes(straight.frame(*each)) for name, each in requests(straight, topic.topic_id).items()}
    dice = random.Random(seed)
    for frame in list(frames.values()) * 4:
        assert outcome(straight, frame) == outcome(long, frame)
    for _ in range(CHANGES):
        name = dice.choice(list(frames))
        frame = changed(dice, frames[name])
        assert outcome(straight, frame) == outcome(long, frame), (name, frame.hex())
    known = [served.name for served in straight._answering._served.values() if served.straight and served.requests]
    assert {"Produce", "Fetch", "Metadata", "OffsetCommit"} <= set(known)
