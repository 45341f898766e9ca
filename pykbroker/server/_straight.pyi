from collections.abc import Mapping

from pykbroker.handlers.broker import Broker
from pykbroker.handlers.client import Client
from pykbroker.server.contract import Answer
from pykbroker.server.served import Served

def straight(frame: memoryview, client: Client, served: Mapping[int, Served], broker: Broker, /) -> Answer | None: ...
