"""The table of routes says what the declarations and the handlers that it names are."""

import pytest

from pykbroker.handlers.routes import ROUTES, advertised


@pytest.mark.parametrize("route", ROUTES.values(), ids=[route.name for route in ROUTES.values()])
def test_a_route_serves_every_stable_version_of_the_api_that_it_names(route):
    low, high = route.api.versions
    assert route.api.key == route.key
    assert route.versions == (low, high - route.api.latest_unstable)


@pytest.mark.parametrize("route", ROUTES.values(), ids=[route.name for route in ROUTES.values()])
def test_a_route_has_a_handler_and_perhaps_a_shortcut(route):
    assert callable(route.handler)
    assert (route.shortcut(None) is None) == (route.usual is None)


def test_produce_is_advertised_from_version_0_on():
    assert advertised()[0] == (0, 0, 13)
