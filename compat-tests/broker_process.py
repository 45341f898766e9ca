"""A broker in a process of its own: started, waited for, killed and stopped in the same way whichever broker it is.

Only this file and its callers' choice of `kind` know what is being tested.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("pykbroker", "kafka")
READY = "Kafka Server started"


def free_port() -> int:
    """A free port below those that the system gives to clients.

    A client that keeps trying to reach a dead broker on one of those is, sooner or later, given the very same port to
    connect from: it meets itself, and the broker cannot come back.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no free port between 20000 and 32000")


class Broker:
    """One broker on one port and data directory, which both outlive its processes."""

    def __init__(
        self, kind: str, data: Path, settings: dict[str, object] | None = None, port: int | None = None
    ) -> None:
        self.kind = kind
        self.data = data
        self.settings = settings or {}
        self.port = port or free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.printed: deque[str] = deque(maxlen=200)
        self._process: subprocess.Popen[str] | None = None
        self._watcher: threading.Thread | None = None

    def command(self) -> list[str]:
        """What is started, in the foreground; it prints READY once clients can connect."""
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        if self.kind == "kafka":
            places = ["--port", str(self.port), "--data", str(self.data)]
            return [sys.executable, str(ROOT / "scripts/kafka"), "serve", *places, *options]
        places = ["-c", f"listeners=PLAINTEXT://127.0.0.1:{self.port}", "-c", f"log.dirs={self.data}"]
        return [sys.executable, "-m", "pykbroker", "serve", *places, *options]

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process that was started; a JVM is a child of it."""
        assert self._process is not None
        return self._process.pid

    def start(self, within_s: float = 60) -> float:
        """The broker printed its ready line; the seconds that took.  RuntimeError with its last lines if it did not."""
        started = time.monotonic()
        paths = [str(ROOT), str(ROOT / "protocol"), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed broker has its bytecode
        self._process = subprocess.Popen(
            self.command(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # so that a SIGKILL to the group reaches a JVM behind its launcher
            env=environment,
        )
        ready = threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(self._process, ready), daemon=True)
        self._watcher.start()
        if not ready.wait(within_s) or not self._watcher.is_alive():
            status = self._process.poll()
            how = f"was not ready within {within_s} s" if status is None else f"ended with status {status}"
            self.kill()
            raise RuntimeError(f"{self.kind} {how}; its last lines:\n" + "".join([*self.printed][-20:]))
        return time.monotonic() - started

    def _watch(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        """Ends when the last process that holds the broker's output is gone: launcher, JVM and all."""
        for line in process.stdout or []:
            self.printed.append(line)
            if READY in line:
                ready.set()
        ready.set()

    def kill(self) -> None:
        """Nothing of the broker runs any more; it had no chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """The broker was asked to shut down, and did."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._watcher is None:
            return
        if how is signal.SIGTERM:
            self._process.terminate()
            self._watcher.join(60)
        if self._watcher.is_alive():
            os.killpg(self._process.pid, signal.SIGKILL)
            self._watcher.join(10)
        self._process.wait()
        self._process = self._watcher = None

    def restart(self, kill: bool) -> None:
        """The broker runs again on the same port and data directory."""
        self.kill() if kill else self.stop()
        self.start()
