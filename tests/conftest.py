# SPDX-License-Identifier: Apache-2.0
"""Fixtures: `kafka` is the one broker of a test process, `new_broker` starts another one; `world` is a
test's own part of everything."""

import os
import pathlib
import re
import signal
import sys

import pytest

from support import process
from support.process import tail

_STATUS = pytest.StashKey[int]()


def _interrupt(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: a second one would stop the stopping
    raise KeyboardInterrupt


def pytest_configure(config):
    # A SIGTERM must unwind like Ctrl-C does, so that everything started is stopped in order.
    signal.signal(signal.SIGTERM, _interrupt)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    # A Kafka client that a failed test left in a transaction waits in its destructor for a broker
    # that is no more, for ever: the interpreter must not get as far as to destroy it.
    if _STATUS in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_STATUS])


_STARTS_A_BROKER = {"kafka", "new_broker"}


def pytest_collection_modifyitems(items):
    for item in items:
        if _STARTS_A_BROKER & set(item.fixturenames):
            item.add_marker(pytest.mark.kafka)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    # A test that starts a broker on its own would not be marked, and so not be left out by --quick.
    process.may_start_broker = item.get_closest_marker("kafka") is not None


def long_run():
    """Whether the longer forms are asked for."""
    return os.environ.get("EPILOGUE_TEST_LONG") == "1"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """Where everything of this test process lies; logs stay there after a failure."""
    folder = os.environ.get("EPILOGUE_TEST_FOLDER")
    base = pathlib.Path(folder) if folder else tmp_path_factory.getbasetemp()
    return base / os.environ.get("PYTEST_XDIST_WORKER", "gw0")


@pytest.fixture(scope="session")
def kafka(run_folder):
    """The broker that all tests of this process share."""
    from support.kafka_broker import KafkaBroker
    broker = KafkaBroker(run_folder / "kafka")
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def new_broker():
    """Starts a broker of a test's own: `new_broker(folder, properties=…)`."""
    from support.kafka_broker import KafkaBroker
    brokers = []

    def start(*arguments, **options):
        brokers.append(KafkaBroker(*arguments, **options))
        return brokers[-1]
    yield start
    for broker in brokers:
        broker.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Puts the ends of the workers' logs under a failed test."""
    report = (yield).get_result()
    world = item.funcargs.get("world")
    if report.failed and world:
        for worker in world.workers:
            report.sections.append((f"worker {worker.instance_id}: {worker.log_path}",
                                    tail(worker.log_path, 40)))


def _new_world(request, run_folder, broker, load):
    from support.world import World
    name = re.sub(r"[^A-Za-z0-9_.=-]+", "-", request.node.name)[:80]
    folder = run_folder / "worlds" / name
    number = 1
    while folder.exists():
        number += 1
        folder = folder.with_name(f"{name}-{number}")
    folder.mkdir(parents=True)
    return World(folder, broker, load=load)


@pytest.fixture
def world(request, run_folder, kafka):
    """Topics, group and a running Redis of the test's own. A test marked by
    `@pytest.mark.parametrize("world", ["load"], indirect=True)` gets the release build."""
    made = _new_world(request, run_folder, kafka, getattr(request, "param", None) == "load")
    made.redis.start()
    yield made
    report = made.close()
    assert report is None, f"a sanitizer found something:\n{report}"


@pytest.fixture(scope="module")
def module_world(request, run_folder, kafka):
    """One world for all tests of a file."""
    made = _new_world(request, run_folder, kafka, False)
    made.redis.start()
    yield made
    report = made.close()
    assert report is None, f"a sanitizer found something:\n{report}"


@pytest.fixture
def everybody_runs(world):
    """What a test has frozen runs again for the next one, however the test ended."""
    yield
    world.redis.thaw()
    world.broker.thaw()
