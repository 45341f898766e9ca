"""Random messages of every API and record, at every version, byte for byte both ways against Kafka's own serializer."""

import json
import random
from pathlib import Path

import pytest
from declared import MESSAGES, VERSIONS, random_message
from kafka_wire import KafkaMissing, KafkasJson, Serializer

from pykbroker import codec

pytestmark = pytest.mark.java
SCHEMAS = json.loads((Path(__file__).parents[1] / "facts-4.3.1/schemas.json").read_text())
CLASSES = {schema["name"]: schema["class"] for schema in SCHEMAS["messages"]}
SAMPLES = 4


@pytest.fixture(scope="module")
def kafka():
    try:
        serializer = Serializer()
    except KafkaMissing as what:
        pytest.skip(str(what))
    yield serializer
    serializer.close()


def samples(name, version):
    """The default message, and random ones."""
    dice = random.Random(f"kafka {name} {version}")
    return [MESSAGES[name].type(), *(random_message(MESSAGES[name], version, dice) for _ in range(SAMPLES))]


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_kafka_writes_what_we_write(kafka, name, version):
    message, values = MESSAGES[name], samples(name, version)
    asked, json_form = {"class": CLASSES[name], "version": version}, KafkasJson(message, version)
    answers = kafka.ask([asked | {"message": json_form.of(value)} for value in values])
    assert answers == [{"hex": codec.encode(message, version, value).hex()} for value in values]
    assert [codec.decode(message, version, bytes.fromhex(answer["hex"])) for answer in answers] == values


@pytest.mark.parametrize(("name", "version"), VERSIONS)
def test_kafka_reads_what_we_meant(kafka, name, version):
    message, values = MESSAGES[name], samples(name, version)
    asked = {"class": CLASSES[name], "version": version}
    json_form = KafkasJson(message, version, records=lambda _: "")
    answers = kafka.ask([asked | {"hex": codec.encode(message, version, value).hex()} for value in values])
    assert answers == [{"message": json_form.of(value)} for value in values]
