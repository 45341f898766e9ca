"""One broker for all commands' tests: each makes topics and groups of its own names."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Typed
from running import serving


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands") / "data"


@pytest.fixture(scope="session")
def pk(data: Path) -> Iterator[Typed]:
    with serving(data, "--profile", "test") as broker:
        yield Typed(broker.port)
