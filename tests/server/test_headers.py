"""Request headers: one that ends before it says it does is none, and what it asks for decides how large it may be."""

import struct

import pytest
from pykbroker_protocol.errors import Malformed

from pykbroker.handlers.client import Client
from pykbroker.server.answering import Answering

HEADER = struct.pack(">hhih", 18, 0, 7, 4) + b"wire"  # ApiVersions v0, whose body is empty
CLIENT = Client(1, "PLAINTEXT", "/127.0.0.1", 1, "127.0.0.1", 9092)


@pytest.mark.parametrize("length", range(len(HEADER)))
def test_a_header_cut_anywhere_is_refused(length):
    with pytest.raises(Malformed):
        Answering(broker=None).answer(memoryview(HEADER[:length]), CLIENT)


@pytest.mark.parametrize(("api_key", "why"), [(3, "only Produce may have more"), (0, "runs past the end|is null")])
def test_a_request_without_records_may_not_be_as_large_as_one_with(api_key, why):
    frame = struct.pack(">hhih", api_key, 9, 1, -1) + bytes(32 * 2**20)
    with pytest.raises(Malformed, match=why):
        Answering(broker=None).answer(memoryview(frame), CLIENT)
