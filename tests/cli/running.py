"""A `pykbroker serve` in a process of its own, and what it said."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
WITHIN_S = 30


def environment(**more: str) -> dict[str, str]:
    """This process's, without Kafka settings that the machine may have."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    return {**inherited, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "protocol")]), **more}


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`pykbroker WORDS` ran to its end."""
    command = [sys.executable, "-m", "pykbroker", *words]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, timeout=WITHIN_S)


@dataclass
class Running:
    process: subprocess.Popen[str]
    ready_line: str
    log: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        found = re.search(r"://[^ ,]*:(\d+)", self.ready_line)
        assert found, self.ready_line
        return int(found[1])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(WITHIN_S)


@contextmanager
def serving(data: Path, *words: str, listeners: str = "PLAINTEXT://127.0.0.1:0") -> Iterator[Running]:
    """A broker that printed its ready line."""
    command = [
        sys.executable,
        "-m",
        "pykbroker",
        "serve",
        "-c",
        f"listeners={listeners}",
        "-c",
        f"log.dirs={data}",
        *words,
    ]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        running = Running(process, "")
        reader = threading.Thread(target=lambda: running.log.extend(process.stderr or ()), daemon=True)
        reader.start()
        try:
            running.ready_line = process.stdout.readline()
            assert running.ready_line, running.log
            yield running
        finally:
            process.kill()
            process.wait()
            reader.join(WITHIN_S)
