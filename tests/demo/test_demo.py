"""`feedproxy demo`: what `make demo` shows holds, and Ctrl-C leaves nothing behind."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from feedproxy.config import Settings
from feedproxy.demo.stage import DEFAULT_PORT
from feedproxy.demo.subscriptions import SUBSCRIPTIONS
from tests.cli.program import COMMAND, environment, feedproxy


def test_the_check_passes_and_reports_each_promise(tmp_path: Path) -> None:
    result = feedproxy(tmp_path, "demo", "--check", extra={"TMPDIR": str(tmp_path)})
    lines = result.stdout.decode().splitlines()
    assert result.returncode == 0, lines
    assert lines[-1] == "The demo works."
    assert all(line.startswith("ok") for line in lines[:-1])
    assert len(lines) > 10
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_was_asked_for_is_not_replaced(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = feedproxy(tmp_path, "demo", "--check", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert b"address already in use" in result.stderr


@pytest.mark.service("curl")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_stays_until_it_is_told_to_stop_and_its_lines_work(tmp_path: Path, number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "demo",
        cwd=tmp_path,
        env=environment({"TMPDIR": str(tmp_path)}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            text = (await process.stdout.readuntil(b"Ctrl-C")).decode()
        assert all(f"/v1/webcal/{each.id}" in text for each in SUBSCRIPTIONS)
        answers = [await shell(line) for line in commands(text)]
        process.send_signal(number)
        async with asyncio.timeout(10):
            rest, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    feed, not_modified, challenge, member, event, health, metrics, explanation = answers
    assert feed.startswith("BEGIN:VCALENDAR")
    assert "SUMMARY:Your seat: block C\\, row 12" in feed
    assert not_modified.startswith("HTTP/1.1 304 ")
    assert challenge.startswith("HTTP/1.1 401 ")
    assert member.startswith("HTTP/1.1 200 ")
    assert event.startswith("HTTP/1.1 202 ")
    assert health == '{"status": "alive"}{"status": "ready", "store": "ok", "cache": "ok"}'
    assert "feedproxy_build_info{" in metrics
    assert "Eastern Standard Time" in explanation
    assert process.returncode == 0
    assert rest.decode().endswith("Stopped; nothing is left behind.\n")
    assert log.count(b'"event": "request"') >= 8
    assert os.listdir(tmp_path) == []  # noqa: PTH208 # nothing else runs in this loop


def commands(text: str) -> list[str]:
    """Return the lines to paste; one that ends in a backslash goes on, and the token is needed by its next."""
    lines = text.replace("\\\n", " ").splitlines()
    pasted = [line.strip() for line in lines if line.startswith("  ") and "webcal://" not in line]
    token = next(line for line in pasted if line.startswith("TOKEN="))
    after = pasted[pasted.index(token) + 1]
    return [f"{token}\n{line}" if line == after else line for line in pasted if line != token]


async def shell(line: str) -> str:
    process = await asyncio.create_subprocess_shell(
        line, env=environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, (line, err)
    return out.decode()


def test_the_default_port_is_the_one_of_the_settings() -> None:
    assert Settings().port == DEFAULT_PORT
