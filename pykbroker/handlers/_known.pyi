from typing import Any

from .broker import Broker
from .client import Client

def produce(
    frame: memoryview, version: int, correlation_id: int, client: Client, broker: Broker, /
) -> list[Any] | None: ...
def fetch(
    frame: memoryview, version: int, correlation_id: int, client: Client, broker: Broker, /
) -> list[Any] | None: ...
def metadata(
    frame: memoryview, version: int, correlation_id: int, client: Client, broker: Broker, /
) -> list[Any] | None: ...
