from pykbroker.server.connection import Connection
from pykbroker.server.contract import Answered, AnswerFunction

def receive(
    connections: list[Connection], now: int, shared: memoryview, answer: AnswerFunction, /
) -> tuple[list[Connection], list[tuple[Connection, tuple[Answered] | None]]]: ...
def send(connections: list[Connection], /) -> list[Connection]: ...
