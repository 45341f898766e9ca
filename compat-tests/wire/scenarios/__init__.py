"""What is asked of both brokers: functions that ask one broker and yield what it answered, under labels.

A scenario concerns one API and is run at every version of it that Kafka 4.3.1 advertises.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from both.client import Broker
from pykbroker_protocol.messages import Api

FACTS = Path(__file__).parents[3] / "tests/facts-4.3.1/api-versions.json"
ADVERTISED = {api["api_key"]: (api["min"], api["max"]) for api in json.loads(FACTS.read_text())["api_versions"]}

Answers = Iterator[tuple[str, Any]]
Scenario = Callable[[Broker, int], Answers]


@dataclass(frozen=True)
class Case:
    """One scenario at one version."""

    scenario: Scenario
    api: Api
    version: int

    @property
    def name(self) -> str:
        return f"{self.api.name}-v{self.version}-{self.scenario.__name__}"


_declared: list[tuple[Scenario, Api, range]] = []


def scenario(api: Api, *, since: int = 0, until: int = 99) -> Callable[[Scenario], Scenario]:
    """Run the function at every advertised version of `api` from `since` to `until`."""

    def declare(function: Scenario) -> Scenario:
        first, last = ADVERTISED[api.key]
        last = min(last, api.versions[1])
        _declared.append((function, api, range(max(first, since, api.versions[0]), min(last, until) + 1)))
        return function

    return declare


def compared_keys() -> set[int]:
    """The APIs that have scenarios."""
    return {api.key for _, api, _ in _declared}


def cases() -> list[Case]:
    """Every scenario at every version, by file and then as they stand in it."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return [Case(function, api, version) for function, api, versions in _declared for version in versions]
