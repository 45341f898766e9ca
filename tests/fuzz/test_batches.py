"""Whatever stands where record batches belong, the broker answers, finds, fetches and recovers what it acknowledged."""

from __future__ import annotations

import random

import pytest
from asking import list_offsets
from batches import bomb, good_batch, hostile_records
from conftest import Running
from garbage import TOPICS
from hostile import Healthy
from hypothesis import given, settings
from hypothesis import strategies as st
from pykbroker_protocol.apis.produce import ProduceRequest

from pykbroker.storage.compression import GZIP, LZ4, SNAPPY, ZSTD
from pykbroker.storage.records import Record, build_batch

Dice = st.randoms(use_true_random=False)
TIMESTAMPS = [-3, -2, -1, 0, 999, 1_000, 1_001, 2**40, 2**62, 2**63 - 1]


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    running = Running(tmp_path_factory.mktemp("batches"))
    running.start()
    yield running
    running.stop(cleanly=True)


@pytest.fixture
def client(broker):
    client = Healthy(broker.port)
    client.create_topics()
    yield client
    client.close()


def sent(client, records, topic="fuzz"):
    """(error code, base offset)"""
    data = ProduceRequest.TopicProduceData
    partition = data.PartitionProduceData(index=0, records=records)
    request = ProduceRequest(acks=-1, timeout_ms=1_000, topic_data=[data(name=topic, partition_data=[partition])])
    (answer,) = client.ask(request, 9).responses[0].partition_responses
    return answer.error_code, answer.base_offset


def look_up(client, topic):
    for timestamp in TIMESTAMPS:
        (answer,) = client.ask(list_offsets(timestamp, topic), 7).topics[0].partitions
        assert answer.error_code == 0, answer
        assert answer.offset >= -1


@settings(max_examples=200)
@given(Dice)
def test_a_hostile_batch_is_refused_or_appended_and_found_again(broker, client, dice):
    topic = dice.choice(TOPICS)
    records = hostile_records(dice)
    code, offset = sent(client, records, topic)
    if not code:
        assert client.fetch(offset, topic)
    look_up(client, topic)
    assert broker.log.tracebacks() == []


def test_a_batch_with_any_byte_flipped_is_refused_or_harmless(broker, client):
    batch = build_batch([Record(b"k", b"v", 1_000, [("h", b"x")])], producer_id=9, producer_epoch=0, base_sequence=0)
    for position in range(len(batch)):
        for bit in (1, 0x80):
            flipped = bytearray(batch)
            flipped[position] ^= bit
            code, _ = sent(client, bytes(flipped))
            outside_the_crc = position < 8 or 12 <= position < 16  # base offset, length, leader epoch come before it
            assert code or outside_the_crc, position
    look_up(client, "fuzz")
    assert broker.log.tracebacks() == []


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
@pytest.mark.parametrize("topic", ["fuzz", "fuzz-compact"])
def test_a_bomb_is_refused_or_left_alone(broker, client, codec, topic):
    code, _ = sent(client, bomb(codec, 70, max_timestamp=2**62), topic)
    assert code
    sent(client, bomb(codec, 70, max_timestamp=1_000), topic)
    look_up(client, topic)
    assert broker.log.tracebacks() == []


@pytest.mark.parametrize("seed", range(5))
def test_what_was_acknowledged_among_hostile_batches_survives_a_kill(tmp_path, seed):
    dice, kept = random.Random(seed), {}
    broker = Running(tmp_path)
    broker.start()
    client = Healthy(broker.port)
    client.create_topics()
    for _ in range(60):
        records = hostile_records(dice) if dice.random() < 0.7 else good_batch(dice)
        code, offset = sent(client, records)
        if not code:
            kept[offset] = client.fetch(offset, "fuzz")[: len(records)]
    client.close()
    broker.stop(cleanly=False)
    broker.start()
    client = Healthy(broker.port)
    assert {offset: client.fetch(offset, "fuzz")[: len(batch)] for offset, batch in kept.items()} == kept
    look_up(client, "fuzz")
    client.close()
    broker.stop(cleanly=True)
    assert broker.log.tracebacks() == []
