"""What a message costs to read is bounded, however many items it really has."""

import pytest
from pykbroker_protocol.all_apis import APIS
from pykbroker_protocol.errors import Malformed
from pykbroker_protocol.types import MAX_STRING_BYTES

from pykbroker import codec
from pykbroker.codec.writing import write_uvarint

METADATA, FIND_COORDINATOR, LEAVE_GROUP, FETCH = (APIS[key].request for key in (3, 10, 13, 1))


def uvarint(value):
    out = bytearray()
    write_uvarint(out, value)
    return bytes(out)


def nested_fetch(topics, partitions):
    request = FETCH.type
    asked = [request.FetchTopic.FetchPartition(partition=index) for index in range(partitions)]
    return request(topics=[request.FetchTopic(topic_id=bytes(16), partitions=asked) for _ in range(topics)])


TOO_MANY = codec.MOST_ITEMS + 1


@pytest.mark.parametrize(
    ("message", "version", "data"),
    [
        (METADATA, 9, uvarint(TOO_MANY + 1) + b"\1\0" * TOO_MANY + b"\0\0\0\0"),
        (FIND_COORDINATOR, 4, b"\0" + uvarint(TOO_MANY + 1) + b"\1" * TOO_MANY + b"\0"),
        (LEAVE_GROUP, 4, b"\1" + uvarint(TOO_MANY + 1) + b"\1\1\0" * TOO_MANY + b"\0"),
        (METADATA, 9, b"\1\0\0\0" + uvarint(TOO_MANY) + b"\5\0" * TOO_MANY),
        (METADATA, 9, uvarint(10 + 1) + (b"\1" + uvarint(30_000) + b"\5\0" * 30_000) * 10 + b"\0\0\0\0"),
        (FETCH, 13, codec.encode(FETCH, 13, nested_fetch(topics=300, partitions=1_000))),
    ],
    ids=["structs", "strings", "members", "tags", "tags of items", "nested"],
)
def test_more_items_than_a_message_may_hold_are_refused_wherever_they_stand(message, version, data):
    with pytest.raises(Malformed, match="more than one message may hold"):
        codec.decode(message, version, data)


@pytest.mark.parametrize(("topics", "partitions"), [(100_000, 1), (1, 100_000)])
def test_a_fetch_of_100_000_partitions_is_read(topics, partitions):
    data = codec.encode(FETCH, 13, nested_fetch(topics, partitions))
    asked = codec.decode(FETCH, 13, data).topics
    assert (len(asked), len(asked[0].partitions)) == (topics, partitions)


def test_tags_of_a_header_are_bounded_as_well():
    with pytest.raises(Malformed, match="more than one message may hold"):
        codec.skip_tags(memoryview(uvarint(TOO_MANY) + b"\5\0" * TOO_MANY), 0)


@pytest.mark.parametrize("version", [3, 4], ids=["classic", "flexible"])
def test_a_text_that_no_client_could_read_is_not_written(version):
    heartbeat = APIS[12].request
    longest = heartbeat.type(group_id="é" * (MAX_STRING_BYTES // 2))
    assert codec.decode(heartbeat, version, codec.encode(heartbeat, version, longest)) == longest
    with pytest.raises(codec.Unwritable, match="32768 bytes"):
        codec.encode(heartbeat, version, heartbeat.type(group_id="x" * (MAX_STRING_BYTES + 1)))


@pytest.mark.parametrize("version", [3, 4], ids=["classic", "flexible"])
def test_a_text_that_could_not_be_written_again_is_not_read(version):
    heartbeat = APIS[12].request
    good = codec.encode(heartbeat, version, heartbeat.type(group_id="x" * 30_000))
    assert codec.decode(heartbeat, version, good).group_id == "x" * 30_000
    with pytest.raises(Malformed, match="no UTF-8, and too long"):
        codec.decode(heartbeat, version, good.replace(b"x", b"\xff"))
    with pytest.raises(Malformed, match="no UTF-8, and too long"):
        heartbeat.parse(good.replace(b"x", b"\xff"), version)
