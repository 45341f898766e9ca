"""A refusal of a whole request stands where its client looks for it, in every API and version that is served."""

import random

import pytest
from declared import random_message
from pykbroker_protocol.errors import ErrorCode

from pykbroker import codec
from pykbroker.handlers.routes import ROUTES

# The first versions of DescribeLogDirs have no place for a code, in Kafka neither.
PLACELESS = {("DescribeLogDirs", 1), ("DescribeLogDirs", 2)}
SERVED = [
    (route, v)
    for route in ROUTES.values()
    for v in range(route.versions[0], route.versions[1] + 1)
    if (route.api.name, v) not in PLACELESS
]


@pytest.mark.parametrize(("route", "version"), SERVED, ids=[f"{route.api.name}-v{v}" for route, v in SERVED])
def test_a_refused_request_is_answered_with_the_code_at_what_it_asked_for(route, version):
    dice = random.Random(version)
    for _ in range(20):
        request = random_message(route.api.request, version, dice)
        response = route.refused(route.api, request, ErrorCode.UNKNOWN_SERVER_ERROR, version)
        data = codec.encode(route.api.response, version, response)
        codes = set(error_codes(codec.decode(route.api.response, version, data)))
        assert -1 in codes or not asks_for_something(request)


def error_codes(value):
    """Every error code in a message."""
    for name in getattr(value, "__slots__", ()):
        inner = getattr(value, name)
        if name == "error_code":
            yield inner
        for item in inner if isinstance(inner, list | tuple) else ():
            yield from error_codes(item)


def asks_for_something(request):
    """Whether every array on the way to what is asked for has an item."""
    arrays = [inner for name in request.__slots__ if isinstance(inner := getattr(request, name), list | tuple)]
    return any(all(innermost(item) for item in array) for array in arrays if array)


def innermost(item):
    arrays = [inner for name in getattr(item, "__slots__", ()) if isinstance(inner := getattr(item, name), list)]
    return all(arrays)
