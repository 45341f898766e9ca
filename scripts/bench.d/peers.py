"""The brokers that are measured, each in a process of its own, and what the system says of that process."""

import os
import resource
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import programs
from broker_process import Broker

BROKERS = ("pykbroker", "kafka", "kfake")
MB = 1_000_000


class Peer(Broker):
    """One of BROKERS on an empty or an old data directory, with default settings but for `settings`."""

    def command(self) -> list[str]:
        if self.kind == "kfake":
            self.data.mkdir(parents=True, exist_ok=True)
            return [str(programs.kfake()), str(self.port), str(self.data)]
        if self.kind == "kafka" and not shutil.which("java"):
            raise programs.Missing(
                "no `java` on the PATH, version 17 or newer (Debian: apt install openjdk-17-jdk-headless)"
            )
        return super().command()

    def cpu_s(self) -> float:
        """Seconds that the broker has computed for, in user space and in the kernel, since it was started."""
        return sum(time.clock_gettime(_cpu_clock(pid)) for pid in self._processes())

    def memory_mb(self) -> tuple[float, float]:
        """Resident memory, and the same with pages that are shared divided among those who share (PSS)."""
        pid = max(self._processes(), key=lambda pid: _status_kb(pid, "status", "VmRSS:"))
        return tuple(_status_kb(pid, *each) * 1024 / MB for each in (("status", "VmRSS:"), ("smaps_rollup", "Pss:")))  # type: ignore[return-value]

    def descriptors(self) -> int:
        return max(len(os.listdir(f"/proc/{pid}/fd")) for pid in self._processes())

    def _processes(self) -> list[int]:
        """The process that was started and its children: a JVM stands behind its launcher."""
        found = [self.pid]
        for pid in found:
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return found


class Canned(Peer):
    """Answers of `answer_bytes` to anything, from canned.py: no broker, but a bound."""

    def __init__(self, data: Path, answer_bytes: int) -> None:
        super().__init__("canned answers", data)
        self.answer_bytes = answer_bytes

    def command(self) -> list[str]:
        return [sys.executable, str(programs.HERE / "canned.py"), str(self.port), str(self.answer_bytes)]


class Floor(Peer):
    """floor.c: batches go to the page cache as they come, or nowhere (`drains`); no broker, but a bound."""

    def __init__(self, data: Path, drains: bool) -> None:
        super().__init__("loopback" if drains else "page cache", data)
        self.drains = drains

    def command(self) -> list[str]:
        self.data.mkdir(parents=True, exist_ok=True)
        return [str(programs.c_program("floor")), str(self.port), str(self.data), *["drain"] * self.drains]


def machine_cpu_s() -> float:
    """Seconds that all cores have computed for, whoever it was for."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split(maxsplit=9)[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = ticks
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def our_cpu_s(running: Iterable[Peer]) -> float:
    """Seconds that this process, the load programs that have ended and the brokers that run have computed for."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(peer.cpu_s() for peer in running)


def _cpu_clock(pid: int) -> int:
    """What clock_getcpuclockid(3) gives, which Python lacks: a clock of all the process's threads, to the nanosecond.

    /proc/PID/stat has the same in hundredths of a second, which is more than a small figure takes.
    """
    return ~pid << 3 | 2


def _status_kb(pid: int, file: str, name: str) -> int:
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
