"""Whatever a connection sends, it is answered or closed with one line, and nobody else notices."""

from __future__ import annotations

import time

import pytest
from garbage import SERVED, Sent, conversation, framed, mutated, request
from hostile import PATIENCE_S, converse
from hypothesis import given, settings
from hypothesis import strategies as st

Dice = st.randoms(use_true_random=False)


def check(running, sent):
    """The conversation ended as it should; what it left in the log was at most one line, and no traceback."""
    seen = len(running.log.records)
    heard = converse(running.port, sent)
    assert running.log.tracebacks() == []
    lines = running.log.since(seen)
    assert lines == [] or (len(lines) == 1 and f"closed: client=127.0.0.1:{heard.port} " in lines[0]), lines
    return heard


def nothing_is_left(running):
    deadline = time.monotonic() + PATIENCE_S
    while left := running.leftovers():
        assert time.monotonic() < deadline, left
        time.sleep(0.01)
    return True


@settings(max_examples=250)
@given(Dice)
def test_any_conversation_is_answered_or_closed(running, dice):
    check(running, conversation(dice))


@pytest.mark.parametrize(("api", "version"), SERVED, ids=lambda value: getattr(value, "name", value))
def test_every_version_of_every_api_bears_its_requests_tampered_with(running, api, version):
    @settings(max_examples=3)
    @given(Dice)
    def bears(dice):
        made = request(dice, 0, (api, version))
        check(running, Sent(made.frame, {0: made}))
        check(running, Sent(mutated(made.frame, dice), {}))

    bears()


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_bytes_of_no_kind_are_answered_or_closed(running, noise):
    check(running, Sent(noise, {}))
    check(running, Sent(framed(noise), {}))


def test_others_are_served_meanwhile_and_nothing_is_left_behind(running, well):
    well.produces_and_fetches(b"as ever")
    well.close()
    assert nothing_is_left(running)
