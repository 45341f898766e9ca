"""Tagged fields are on the wire only when they say something, and in Kafka's own form."""

from pykbroker_protocol.apis.fetch import FETCH, FetchResponse
from pykbroker_protocol.records.consumer_groups import (
    CONSUMER_GROUP_MEMBER_METADATA_VALUE,
    ConsumerGroupMemberMetadataValue,
)

from pykbroker import codec


def test_an_empty_list_is_the_default_and_not_written():
    assert FetchResponse(node_endpoints=[]) == FetchResponse()
    for write in (lambda value: codec.encode(FETCH.response, 17, value), lambda value: FETCH.response.build(value, 17)):
        assert write(FetchResponse(node_endpoints=[])) == write(FetchResponse())


def test_a_null_struct_in_a_tag_is_a_varint_of_zero():
    message, value = (
        CONSUMER_GROUP_MEMBER_METADATA_VALUE,
        ConsumerGroupMemberMetadataValue(classic_member_metadata=None),
    )
    written = codec.encode(message, 0, value)
    assert written.endswith(bytes([1, 0, 1, 0]))  # one tag: tag 0, of 1 byte, 0
    assert codec.decode(message, 0, written) == value == message.parse(written, 0)
    assert message.build(value, 0) == written
