"""Every declaration says what Kafka 4.3.1's own classes say: field by field, at every version."""

import json
import re
from pathlib import Path

import pytest
from declared import MESSAGES
from pykbroker_protocol.all_apis import APIS
from pykbroker_protocol.errors import ErrorCode
from pykbroker_protocol.messages import Message
from pykbroker_protocol.structs import Struct
from pykbroker_protocol.types import (
    Array,
    Bool,
    Bytes,
    ClassicString,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    Nullable,
    Records,
    String,
    Uint16,
    Uint32,
    Uuid,
)  # fmt: skip

FACTS = Path(__file__).parents[1] / "facts-4.3.1"
SCHEMAS = json.loads((FACTS / "schemas.json").read_text())
LIVE = [api for api in SCHEMAS["apis"] if api["min_version"] <= api["max_version"]]
KAFKAS = {schema["name"]: schema for schema in SCHEMAS["messages"]}

_FIXED = {
    Int8: "int8", Int16: "int16", Int32: "int32", Int64: "int64", Uint16: "uint16", Uint32: "uint32",
    Float64: "float64", Bool: "boolean", Uuid: "uuid",
}  # fmt: skip
_SIZED = {String: "string", ClassicString: "string", Bytes: "bytes", Records: "records"}


def described(subcon, version: int, flexible: bool) -> dict:
    """A value's type in the words of the facts."""
    nullable = isinstance(subcon, Nullable) and version >= subcon.since
    inner = subcon.subcon if isinstance(subcon, Nullable) else subcon
    if inner in _FIXED:
        return {"type": _FIXED[inner]}
    if isinstance(inner, Struct):
        return {"type": "nullable_struct" if nullable else "struct", "fields": fields(inner, version, flexible)}
    compact = flexible and inner.compact
    if isinstance(inner, Array):
        name = ("nullable_" if nullable else "") + ("compact_" if compact else "") + "array"
        return {"type": name, "of": described(inner.item, version, flexible)}
    return {"type": ("compact_" if compact else "") + ("nullable_" if nullable else "") + _SIZED[inner]}


def fields(struct: Struct, version: int, flexible: bool) -> list[dict]:
    plain = [{"name": f.name} | described(f.subcon, version, flexible) for f in struct.plain_fields(version)]
    if not flexible:
        return plain
    tags = struct.tagged_fields(version).items()
    tagged = [{"name": f.name, "tag": tag} | described(f.subcon, version, True) for tag, f in tags]
    return [*plain, *tagged, {"type": "tagged_fields"}]


def kafkas_fields(schema: list[dict]) -> list[dict]:
    """The facts, with every tagged field behind the plain ones, as it is on the wire."""
    ordered = sorted(schema, key=lambda field: (field["type"] == "tagged_fields", field.get("tag", -1)))
    return [kafkas_value(field) for field in ordered]


def kafkas_value(field: dict) -> dict:
    changed = dict(field)
    if "fields" in field:
        changed["fields"] = kafkas_fields(field["fields"])
    if "of" in field:
        changed["of"] = kafkas_value(field["of"])
    return changed


def test_every_live_api_of_kafka_is_declared():
    assert {(api["api_key"], api["name"]) for api in LIVE} == {(key, api.name) for key, api in APIS.items()}
    assert len(APIS) == 89


def test_every_message_of_kafka_is_declared():
    removed = {f"{api['name']}{side}" for api in SCHEMAS["apis"] for side in ("Request", "Response") if api not in LIVE}
    assert KAFKAS.keys() - removed == MESSAGES.keys()


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_message_has_kafkas_fields_at_every_version(name):
    message, kafka = MESSAGES[name], KAFKAS[name]
    assert message.versions == (kafka["min_version"], kafka["max_version"])
    for version in range(message.versions[0], message.versions[1] + 1):
        declared = fields(message.struct, version, message.is_flexible(version))
        assert declared == kafkas_fields(kafka["versions"][str(version)]), f"version {version}"


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_a_message_has_kafkas_defaults(name):
    kafka, message = KAFKAS[name], MESSAGES[name]
    empty = message.type()
    for camel, default in kafka["defaults"].items():
        value = getattr(empty, snake(camel))
        assert plain(value) == default or is_zero(value, default), camel


def snake(camel: str) -> str:
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", camel))
    return split.lower().replace("k_raft", "kraft")


def plain(value):
    return list(value) if isinstance(value, tuple) else value


def is_zero(value, default) -> bool:
    """Kafka's JSON writes a zero UUID as text, and structs and bytes in forms of its own."""
    if isinstance(value, bytes):
        return not any(value) and default in ("AAAAAAAAAAAAAAAAAAAAAA", "")
    return isinstance(default, dict) and all(
        getattr(value, snake(name)) == inner or is_zero(getattr(value, snake(name)), inner)
        for name, inner in default.items()
    )


@pytest.mark.parametrize("kafka", LIVE, ids=lambda api: api["name"])
def test_an_api_has_kafkas_header_versions_and_stability(kafka):
    api = APIS[kafka["api_key"]]
    for version in range(kafka["min_version"], kafka["max_version"] + 1):
        assert api.request_header_version(version) == kafka["request_header_version"][str(version)]
        assert api.response_header_version(version) == kafka["response_header_version"][str(version)]
    assert api.versions[1] - api.latest_unstable == kafka["max_stable_version"]


def test_every_record_has_kafkas_type():
    stated = {name: message.record_type for name, message in MESSAGES.items() if message.record_type is not None}
    assert stated == {name: KAFKAS[name]["record_type"] for name in stated}
    assert {name for name, kafka in KAFKAS.items() if ".common.message." not in kafka["class"]} - stated.keys() <= {
        "QuorumState", "ProducerSnapshot",
    }  # fmt: skip


def test_every_error_code_is_kafkas():
    kafka = json.loads((FACTS / "errors.json").read_text())
    assert [(e["code"], e["name"], e["retriable"]) for e in kafka] == [
        (e.value, e.name, e.retriable) for e in ErrorCode
    ]


def test_declarations_are_messages():
    assert all(isinstance(message, Message) for message in MESSAGES.values())
