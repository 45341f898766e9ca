"""Request headers: one that ends before it says it does is none."""

import struct

import pytest
from pykbroker_protocol.errors import Malformed

from pykbroker.handlers.client import Client
from pykbroker.server.answering import Answering

HEADER = struct.pack(">hhih", 18, 0, 7, 4) + b"wire"  # ApiVersions v0, whose body is empty


@pytest.mark.parametrize("length", range(len(HEADER)))
def test_a_header_cut_anywhere_is_refused(length):
    client = Client(1, "PLAINTEXT", "/127.0.0.1", 1, "127.0.0.1", 9092)
    with pytest.raises(Malformed):
        Answering(broker=None).answer(memoryview(HEADER[:length]), client)
