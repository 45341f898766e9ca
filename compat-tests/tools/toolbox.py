"""Runs a tool against one broker: nearly all of Kafka's in one JVM, the others as a process each."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from steps import Step

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/kafka"
WITHIN_S = 20
OWN_PROCESS = ("verifiable-producer",)  # it works on while its JVM goes down
WITHOUT_ADDRESS = ("producer-perf-test",)  # its steps say where, for it takes arguments without end behind some options


def _script() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("kafka_script", str(SCRIPT))
    spec = importlib.util.spec_from_loader("kafka_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Printed:
    """What a tool said, and how it ended: None when it had to be left."""

    status: int | None
    output: str
    errors: str

    def __str__(self) -> str:
        how = "did not end" if self.status is None else f"exit status {self.status}"
        return f"{self.output.rstrip()}\n-- errors\n{self.errors.rstrip()}\n-- {how}\n"


class Toolbox:
    """One JVM, and nothing of it left behind when it is closed."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = _script().TOOLS
        self._jvm = subprocess.Popen(
            [sys.executable, str(SCRIPT), "tools"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        self._jvm.kill()
        self._jvm.wait()

    def run(self, step: Step, address: str, places: dict[str, str]) -> Printed:
        """What `step` printed against the broker at `address`; `places` are what its {names} stand for."""
        filled = step.command.replace("{address}", address)
        for name, place in places.items():
            filled = filled.replace("{" + name + "}", place)
        tool, *arguments = shlex.split(filled)
        if tool == "kcat":
            return _process(["kcat", "-b", address, *arguments], step.input)
        if tool not in WITHOUT_ADDRESS:
            arguments = ["--bootstrap-server", address, *arguments]
        if tool in OWN_PROCESS:
            return _process([str(SCRIPT), "tool", tool, *arguments], step.input)
        return self._java(self._classes[tool], arguments, step.input)

    def _java(self, name: str, arguments: list[str], given: str) -> Printed:
        question = {"class": name, "arguments": arguments, "input": given, "seconds": WITHIN_S}
        assert self._jvm.stdin is not None
        assert self._jvm.stdout is not None
        self._jvm.stdin.write(json.dumps(question) + "\n")
        self._jvm.stdin.flush()
        answer = self._jvm.stdout.readline()
        if not answer:
            raise RuntimeError("the JVM of the tools ended; what it said is above")
        return Printed(**json.loads(answer))


def _process(command: list[str], given: str) -> Printed:
    try:
        ended = subprocess.run(command, input=given, capture_output=True, text=True, timeout=WITHIN_S)
    except subprocess.TimeoutExpired as late:
        said = [part.decode() if isinstance(part, bytes) else part or "" for part in (late.stdout, late.stderr)]
        return Printed(None, *said)
    return Printed(ended.returncode, ended.stdout, ended.stderr)
