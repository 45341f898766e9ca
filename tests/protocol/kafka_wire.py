"""Kafka's own serializer, asked over a pipe, and our messages in the JSON that it speaks."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pykbroker_protocol.messages import Message
from pykbroker_protocol.structs import Struct, same
from pykbroker_protocol.types import Array, Float64, Nullable, Records_, Uuid

SCRIPT = Path(__file__).parents[2] / "scripts/kafka"


class KafkaMissing(Exception):
    """Kafka's serializer cannot run here; the text says what to install."""


class Serializer:
    """One JVM with Kafka's generated classes; what it is asked is at the head of scripts/kafka.d/Wire.java."""

    def __init__(self) -> None:
        if shutil.which("java") is None:
            raise KafkaMissing("no Java: install a JRE of version 17 or newer to compare with Kafka's serializer")
        installed = subprocess.run([SCRIPT, "install"], capture_output=True, text=True)
        if installed.returncode:
            raise KafkaMissing(installed.stderr.strip().splitlines()[-1])
        self._process = subprocess.Popen([SCRIPT, "wire"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers, in order.  Writing has a thread of its own, or two full pipes would wait for each other."""
        asking = threading.Thread(target=self._write, args=(questions,))
        asking.start()
        lines = [self._process.stdout.readline() for _ in questions]  # type: ignore[union-attr]
        asking.join()
        assert all(lines), "Kafka's serializer died; its message is on standard error"
        return [json.loads(line) for line in lines]

    def _write(self, questions: list[dict[str, Any]]) -> None:
        self._process.stdin.writelines(json.dumps(question) + "\n" for question in questions)  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]

    def close(self) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(timeout=10)


def base64_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


class KafkasJson:
    """A message as Kafka's JSON converters write it: what `version` has, without tagged fields that are their default.

    records: what stands for record batches; Kafka's converters read them as base64, but write every one as "".
    """

    def __init__(self, message: Message, version: int, records: Callable[[bytes], str] = base64_text) -> None:
        self.struct, self.version, self.records = message.struct, version, records
        self.flexible = message.is_flexible(version)

    def of(self, value: Any) -> dict[str, Any]:
        return self._struct(self.struct, value)

    def _struct(self, struct: Struct, value: Any) -> dict[str, Any]:
        tagged = struct.tagged_fields(self.version).values() if self.flexible else []
        present = [field for field in tagged if not same(getattr(value, field.name), field.default)]
        return {
            camel(field.name): self._value(field.subcon, getattr(value, field.name))
            for field in [*struct.plain_fields(self.version), *present]
        }

    def _value(self, subcon: Any, value: Any) -> Any:
        inner = subcon.subcon if isinstance(subcon, Nullable) else subcon
        if value is None:
            return None
        if isinstance(inner, Struct):
            return self._struct(inner, value)
        if isinstance(inner, Array):
            return [self._value(inner.item, item) for item in value]
        if inner is Uuid:
            return base64.urlsafe_b64encode(value).decode().rstrip("=")
        if isinstance(inner, Records_):
            return self.records(value)
        if isinstance(value, bytes):
            return base64_text(value)
        return float(value) if inner is Float64 else value


def camel(snake: str) -> str:
    """`snake` as Kafka's schemas write it: KRaft keeps its capital."""
    first, *rest = snake.split("_")
    joined = first + "".join(word.capitalize() for word in rest)
    return joined.replace("kraft", "kRaft", 1) if first == "kraft" else joined.replace("Kraft", "KRaft")
