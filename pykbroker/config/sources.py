"""Where settings come from, and which one wins: profile < server.properties < environment < -c.

The environment follows the official image's rule: KAFKA_LOG_SEGMENT_BYTES is log.segment.bytes; `__` is `_` and `___`
is `-`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pykbroker.config.config import Config, is_known, unknown
from pykbroker.config.values import ConfigInvalid

PROFILES: dict[str, dict[str, str]] = {
    "kafka": {},
    "test": {"group.initial.rebalance.delay.ms": "0", "pykbroker.advertise.client.address": "true"},
}
"""`kafka` is Kafka's defaults.  `test`: groups form at once, and a forwarded port needs no advertised.listeners."""

_NOT_SETTINGS = frozenset(
    f"KAFKA_{name}"
    for name in (
        "VERSION", "HOME", "CLUSTER_ID", "DEBUG", "HEAP_OPTS", "OPTS", "JMX_OPTS", "JMX_PORT", "JMX_HOSTNAME",
        "GC_LOG_OPTS", "JVM_PERFORMANCE_OPTS", "LOG4J_OPTS", "LOG4J_ROOT_LOGLEVEL", "LOG4J_LOGGERS",
        "TOOLS_LOG4J_LOGLEVEL",
    )
)  # fmt: skip
_LINE_END = re.compile(r"\r\n|\n|\r")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_BLANK = " \t\f"


def load(
    *,
    profile: str = "kafka",
    file: tuple[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    arguments: Iterable[str] = (),
) -> tuple[Config, list[str]]:
    """The configuration from all its sources, and one line for each thing that was set and has no effect.

    `file` is a path and its text.  Raises ConfigInvalid.
    """
    settings = dict(PROFILES[profile])
    sources = dict.fromkeys(settings, f"--profile {profile}")
    ignored = []
    if file is not None:
        path, text = file
        for line, name, value in read_properties(text):
            settings[name], sources[name] = value, f"{path} line {line}"
    for variable, name, value in read_environment(environment or {}):
        if is_known(name):
            settings[name], sources[name] = value, variable
        else:
            # Not refused: the environment belongs to others too (Kubernetes puts KAFKA_PORT_9092_TCP there).
            ignored.append(f"{variable} is ignored: {unknown(name)}")
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals:
            raise ConfigInvalid(f"-c {argument} has no value: write -c {argument}=VALUE")
        settings[name.strip()], sources[name.strip()] = value, f"-c {argument}"
    config = Config(settings, sources)
    return config, [*ignored, *config.warnings]


def read_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(variable, property name, value) of each variable that may be a setting."""
    for variable, value in environment.items():
        if variable.startswith("KAFKA_") and variable not in _NOT_SETTINGS:
            name = variable.removeprefix("KAFKA_").lower()
            yield variable, name.replace("_", ".").replace("...", "-").replace("..", "_"), value


def read_properties(text: str) -> Iterator[tuple[int, str, str]]:
    """(line number, key, value) of each entry, in the syntax of java.util.Properties; raises ConfigInvalid."""
    for number, line in _logical_lines(text):
        key, rest = _split_key(line)
        yield number, _unescape(key, number), _unescape(rest, number)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    lines = enumerate(_LINE_END.split(text), 1)
    for number, line in lines:
        entry = line.lstrip(_BLANK)
        if not entry or entry[0] in "#!":
            continue
        while _is_continued(entry):
            entry = entry[:-1] + next(lines, (0, ""))[1].lstrip(_BLANK)
        yield number, entry


def _is_continued(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _split_key(line: str) -> tuple[str, str]:
    """The key ends at the first blank, `=` or `:` that no backslash precedes; one `=` or `:` may follow the blanks."""
    end = 0
    while end < len(line) and line[end] not in f"{_BLANK}=:":
        end += 2 if line[end] == "\\" else 1
    rest = line[end:].lstrip(_BLANK)
    return line[:end], rest[1:].lstrip(_BLANK) if rest[:1] in ("=", ":") else rest


def _unescape(text: str, number: int) -> str:
    def replace(escape: re.Match[str]) -> str:
        if escape[1] is not None:
            return chr(int(escape[1], 16))
        if escape[2] == "u":
            raise ConfigInvalid(f"Line {number} has \\u without four hexadecimal digits: write a backslash as \\\\")
        return _ESCAPES.get(escape[2], escape[2])

    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", replace, text)
