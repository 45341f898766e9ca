"""Every compiled codec agrees with construct's interpretation of the same declaration, on good bytes and bad ones."""

import random

import construct as c
import pytest
from declared import MESSAGES, VERSIONS, random_message
from pykbroker_protocol.errors import Malformed

from pykbroker import codec


def interpreted(message, version, data):
    """What construct reads from `data`, or Malformed."""
    stream = memoryview(data).tobytes()
    try:
        value = message.parse(stream, version)
    except (c.ConstructError, Malformed):
        return Malformed
    return value


def compiled(message, version, data):
    try:
        value, _ = codec.read(message, version, memoryview(data))
    except Malformed:
        return Malformed
    return value


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_a_random_message_is_written_and_read_alike(name, version):
    message, dice = MESSAGES[name], random.Random(f"{name} {version}")
    for _ in range(6):
        value = random_message(message, version, dice)
        data = codec.encode(message, version, value)
        assert data == message.build(value, version)
        assert codec.decode(message, version, data) == value == message.parse(data, version)


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_mutated_bytes_are_read_alike_or_refused_alike(name, version):
    message, dice = MESSAGES[name], random.Random(f"mutated {name} {version}")
    for _ in range(20):
        data = bytearray(codec.encode(message, version, random_message(message, version, dice)))
        mutate(data, dice)
        assert compiled(message, version, data) == interpreted(message, version, data)


def mutate(data: bytearray, dice: random.Random) -> None:
    """Flip, cut, insert or overwrite, once to three times."""
    for _ in range(dice.randrange(1, 4)):
        position = dice.randrange(len(data) + 1)
        match dice.randrange(4):
            case 0 if position < len(data):
                data[position] = dice.randrange(256)
            case 1:
                del data[position:]
            case 2:
                data[position:position] = dice.randbytes(dice.randrange(1, 5))
            case _:
                data[position : position + 4] = b"\xff\xff\xff\x7f"


@pytest.mark.parametrize("version", range(5, 8))
def test_items_that_were_encoded_before_stand_where_the_items_would(version):
    message, dice = MESSAGES["CreateTopicsResponse"], random.Random(version)
    for _ in range(6):
        value = random_message(message, version, dice)
        whole = codec.encode(message, version, value)
        for topic in value.topics:
            if topic.configs is not None:
                topic.configs = codec.encode_items(message, ("topics", "configs"), version, topic.configs)
        assert codec.encode(message, version, value) == whole
        value.topics = codec.encode_items(message, ("topics",), version, value.topics)
        assert codec.encode(message, version, value) == whole
