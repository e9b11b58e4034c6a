"""One sandbox process for each worker, a fresh world for each stage, and nothing that outlives its test."""

from __future__ import annotations

import pytest

from tests.system import machine
from tests.system.homes import HOMES
from tests.system.providers import simulated
from tests.system.stage import Stage, set_up


@pytest.fixture(scope="session")
def providers():
    """Run the simulated providers."""
    with simulated() as running:
        yield running


@pytest.fixture(scope="module", params=["google"])
def home(request):
    """Where Ada's and Bob's calendars are: at Google, but where a file says with `everywhere` that it goes to both."""
    return HOMES[request.param]


@pytest.fixture(params=["integrated", "zoom", "static"])
def service(request, home):
    """A service that meetings can be of; the integrated one lives on the events of the calendar."""
    return home.service(request.param)


@pytest.fixture(scope="module")
def settings():
    """What the tests of a file change in the configuration of the stage that they share."""
    return {}


@pytest.fixture(scope="module")
def shared(providers, tmp_path_factory, settings, home):
    """A running stage for all tests of a file at one home."""
    made = set_up(tmp_path_factory.mktemp("huddled"), providers, home, **settings)
    try:
        made.huddled.start()
        made.watching()
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


@pytest.fixture
def standing(shared):
    """The shared stage, running and without any event; whatever the test leaves behind is cleared away."""
    yield shared
    shared.clear()


@pytest.fixture
def stage(providers, tmp_path, home):
    """A stage of one's own, with the daemon not yet started; `stage.huddled.configure` changes its settings."""
    made = set_up(tmp_path, providers, home)
    try:
        yield made
    finally:
        machine.end(made.huddled.process)
        providers("POST", "/reset", {})


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Show what the daemon said where a test failed."""
    outcome = yield
    report = outcome.get_result()
    stages = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Stage)]
    if report.when == "call" and report.failed and "--- log" not in str(report.longrepr):
        report.sections += [("huddled", stage.report()) for stage in stages]
