"""The answers that are no response."""

from __future__ import annotations


class Hangup(Exception):
    """The request was understood, and closing the connection is the only answer it can have.

    Such is a refused Produce with acks=0: no response exists, and the client must learn that something went wrong.
    """
