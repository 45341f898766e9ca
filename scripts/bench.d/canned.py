#!/usr/bin/env python3
"""The least that a trio loop costs for a request: whole frames are cut from what comes, and each gets the same answer.

    canned.py PORT ANSWER_BYTES

All connections share one selector, whose own descriptor trio waits for; the answers of a round leave at its end.  The
answer is the request's correlation id and zeros.  No request is read, decided or written: what a broker in Python with
such a loop cannot be quicker than.
"""

import contextlib
import selectors
import socket
import sys

import trio


class Connection:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.unread = b""

    def frames(self, received: bytes) -> int:
        """Whole frames in what came; afterwards `ids` are their correlation ids."""
        unread = self.unread + received if self.unread else received
        at, held, self.ids = 0, len(unread), []
        while held - at >= 4:
            end = at + 4 + int.from_bytes(unread[at : at + 4], "big")
            if end > held:
                break
            self.ids.append(unread[at + 8 : at + 12])
            at = end
        self.unread = unread[at:]
        return len(self.ids)


async def serve(port: int, answer_bytes: int) -> None:
    head, zeros = answer_bytes.to_bytes(4, "big"), bytes(answer_bytes - 4)
    listener = socket.create_server(("127.0.0.1", port), backlog=1000)
    listener.setblocking(False)
    selector = selectors.DefaultSelector()
    print("Kafka Server started: canned answers", flush=True)

    async def accept() -> None:
        while True:
            await trio.lowlevel.wait_readable(listener)
            with contextlib.suppress(BlockingIOError):
                sock, _ = listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(sock, selectors.EVENT_READ, Connection(sock))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(accept)
        while True:
            await trio.lowlevel.wait_readable(selector.fileno())
            while ready := selector.select(0):
                owed = []
                for key, _ in ready:
                    connection = key.data
                    received = connection.sock.recv(65536)
                    if not received:
                        selector.unregister(connection.sock)
                        connection.sock.close()
                    elif connection.frames(received):
                        owed.append((connection.sock, b"".join(head + each + zeros for each in connection.ids)))
                for sock, answers in owed:
                    sock.send(answers)
                await trio.lowlevel.checkpoint()


if __name__ == "__main__":
    trio.run(serve, int(sys.argv[1]), int(sys.argv[2]))
