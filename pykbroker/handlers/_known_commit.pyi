from typing import Any

from .broker import Broker
from .client import Client

def commit(
    frame: memoryview, version: int, correlation_id: int, client: Client, broker: Broker, /
) -> list[Any] | None: ...
