import os
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from world import World  # noqa: E402


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if not config.option.basetemp:  # the usual place keeps the folders of three runs
        config.option.basetemp = config.own_folder = tempfile.mkdtemp(prefix="lazaret-pytest.")
    config.addinivalue_line("markers", "config(text): configuration of the test's own, added to the usual one")


def pytest_unconfigure(config):
    if hasattr(config, "own_folder") and not os.environ.get("KEEP"):
        shutil.rmtree(config.own_folder, ignore_errors=True)


# What takes longest, in this order: begun first where several files run at a time, so that none is left to the end.
LONGEST = ["test_46_bombs.py", "test_60_kill.py", "test_74_floods.py", "test_62_poison.py", "test_75_states.py", "test_63_reload.py",
           "test_79_reports.py", "test_65_twice.py", "test_64_rescan.py", "test_72_retain.py", "test_40_evasion.py"]


def pytest_collection_modifyitems(config, items):
    """From simple to hard, in the order of the files' numbers."""
    first = LONGEST if hasattr(config, "workerinput") else []

    def place(item):
        name = os.path.basename(item.fspath)
        return first.index(name) if name in first else len(first), str(item.fspath)
    items.sort(key=place)


def a_world(request):
    marker = request.node.get_closest_marker("config")
    return World(marker.args[0] if marker else "")


@pytest.fixture
def world(request):
    """A started world; `@pytest.mark.config("…")` gives it configuration of its own."""
    it = a_world(request)
    try:
        it.start()
        yield it
        failed = getattr(request.node, "failed", False)
        if failed:
            print(it.lazaret.log()[-6000:])
    finally:
        it.stop()


@pytest.fixture
def apart(request):
    """One whose programs are started one by one, so that each can be taken away alone."""
    it = a_world(request)
    try:
        yield it.start_each()
    finally:
        it.stop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        item.failed = True
        world = item.funcargs.get("world") or item.funcargs.get("apart")
        if world is not None:
            report.sections.append(("lazaret's log", world.lazaret.log()[-8000:]))
            report.sections.append(("postfix's log", world.postfix.log()[-4000:]))
