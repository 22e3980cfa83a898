"""Fixtures of the chart's tests."""

import pytest

from harness.chart import CASES, SERVICES, Helm


@pytest.fixture(scope="session", params=["helm3", "helm4"])
def helm(request, tools_bin):
    return Helm(tools_bin / request.param)


@pytest.fixture(scope="session")
def helm4(tools_bin):
    return Helm(tools_bin / "helm4")


@pytest.fixture(params=CASES)
def case(request):
    """A way to install it: the name of a file in ci/."""
    return request.param


@pytest.fixture
def resources(helm4, case):
    return helm4.resources(case)


@pytest.fixture(params=SERVICES)
def service(request):
    return request.param
