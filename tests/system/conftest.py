"""One sandbox process for each worker, a fresh world for each stage, and nothing that outlives its test."""

from __future__ import annotations

import pytest

from tests.system import machine
from tests.system.providers import simulated
from tests.system.stage import Stage, set_up


@pytest.fixture(scope="session")
def providers():
    """Run the simulated providers."""
    with simulated() as running:
        yield running


@pytest.fixture(scope="module")
def settings():
    """What the tests of a file change in the configuration of the stage that they share."""
    return {}


@pytest.fixture(scope="module")
def shared(providers, tmp_path_factory, settings):
    """A running stage for all tests of a file."""
    made = set_up(tmp_path_factory.mktemp("huddled"), providers, **settings)
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
def stage(providers, tmp_path):
    """A stage of one's own, with the daemon not yet started; `stage.huddled.configure` changes its settings."""
    made = set_up(tmp_path, providers)
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
