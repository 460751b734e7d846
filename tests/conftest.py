"""Tests that need another program: `@pytest.mark.service("postgres")`.

Where the program is missing, the test is left out and the last lines of the run say how many were, and the one apt line
that brings all they need. With FEEDPROXY_TEST_SERVICES=required, as in CI, a test left out for any reason is a failure.
"""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False, max_examples=1_000)
settings.load_profile("steady")
"""The same examples at every run: a failure is the change's own. `--hypothesis-profile=explore` looks for others."""


@dataclass(frozen=True)
class Service:
    """A program that tests start themselves, and the Debian package that has it."""

    program: str
    package: str
    folders: tuple[str, ...] = ("usr/sbin",)

    def find(self) -> Path | None:
        """Return the program's path: from PATH first, else from the newest of the folders where Debian keeps it."""
        if found := shutil.which(self.program):
            return Path(found)
        places = [place / self.program for folder in self.folders for place in sorted(Path("/").glob(folder))]
        return next((place for place in reversed(places) if os.access(place, os.X_OK)), None)


SERVICES = {
    "curl": Service("curl", "curl"),
    "postgres": Service("initdb", "postgresql", ("usr/lib/postgresql/*/bin",)),
    "redis": Service("redis-server", "redis-server"),
    "prometheus": Service("promtool", "prometheus"),
    "nginx": Service("nginx", "nginx"),
    "varnish": Service("varnishd", "varnish varnish-modules"),
    "chromium": Service("chromium", "chromium"),
    "node": Service("node", "nodejs npm"),
    "systemd": Service("systemd-analyze", "systemd"),
}

LEFT_OUT = ".left-out"
"""The file in which `make test` finds what to say last, below the coverage."""

REQUIRED = os.environ.get("FEEDPROXY_TEST_SERVICES") == "required"

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)  # what tests start runs at its own pace, unmeasured

MEASURED = frozenset(("ics", "policy", "transform", "tzmap"))
"""The folders of tests that coverage is measured in: measuring takes as much time again as the tests do."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.fixture(scope="session")
def service_program() -> Callable[[str], Path]:
    """Give the path of a service's program by the service's name, for a test that is marked with it."""

    def path(name: str) -> Path:
        found = SERVICES[name].find()
        assert found is not None, f"mark the test with service({name!r})"
        return found

    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {name for name, service in SERVICES.items() if service.find() is None}
    for item in items:
        needs = {mark.args[0] for mark in item.iter_markers("service")}
        if unknown := needs - set(SERVICES):
            raise pytest.UsageError(f"{item.nodeid}: no service is named {', '.join(sorted(unknown))}")
        packages = sorted(SERVICES[name].package for name in needs & missing)
        if packages:
            item.user_properties += [("missing package", package) for package in packages]
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(packages)}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """Measure no coverage, if any is measured, while a test runs that is of no pure package."""
    measuring = Coverage.current()
    if measuring is None or MEASURED.intersection(item.path.relative_to(item.config.rootpath / "tests").parts):
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return failed_if_left_out((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return failed_if_left_out((yield))


def failed_if_left_out(report: Report) -> Report:
    """Return the report; a skip in it has become a failure if every test is required to run."""
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"left out, but FEEDPROXY_TEST_SERVICES=required: {reason}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say last, below pytest's own summary, what was left out and what to install."""
    yield
    note = terminalreporter.config.rootpath / LEFT_OUT
    note.unlink(missing_ok=True)
    reports = [report for outcome in ("skipped", "error") for report in terminalreporter.getreports(outcome)]
    packages = [
        {value for name, value in getattr(report, "user_properties", ()) if name == "missing package"}
        for report in reports
    ]
    if left_out := [each for each in packages if each]:
        tests = "1 test was" if len(left_out) == 1 else f"{len(left_out)} tests were"
        text = (
            f"{tests} left out: programs are missing here. This brings them all:\n"
            f"    apt-get install -y {' '.join(sorted(set().union(*left_out)))}\n"
        )
        note.write_text(text)
        terminalreporter.write(text)
