"""The sample files for Prometheus: its own tool takes them, each alert fires when it should, each counter is ours."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from feedproxy.metrics import Metrics

SAMPLES = Path(__file__).parents[2] / "samples/prometheus"
RULES = SAMPLES / "feedproxy.rules.yml"


@pytest.fixture
def promtool(service_program: Callable[[str], Path]) -> Callable[..., None]:
    def run(*arguments: str | Path) -> None:
        done = subprocess.run(
            [service_program("prometheus"), *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.mark.service("prometheus")
def test_the_files_are_read(promtool: Callable[..., None]) -> None:
    promtool("check", "rules", RULES)
    promtool("check", "config", SAMPLES / "prometheus.yml")


@pytest.mark.service("prometheus")
def test_each_alert_fires_on_what_it_is_for_and_on_nothing_else(promtool: Callable[..., None]) -> None:
    promtool("test", "rules", Path(__file__).parent / "feedproxy.rules.test.yml")


def test_each_alert_looks_at_something_that_is_counted() -> None:
    registry = Metrics(version="1", tzdata="t", cldr="c").registry
    counted = set(re.findall(r"^# TYPE (\w+)", generate_latest(registry).decode(), re.MULTILINE))
    looked_at = set(re.findall(r"\b(feedproxy_\w+)", RULES.read_text()))
    assert looked_at
    assert looked_at <= counted
