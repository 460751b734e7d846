"""The pages for operators in a real browser: what an operator does there, how they look, and whether all can use them.

Pictures are left in `build/ops`, for people to look at.
"""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.servers.upstream import Answer
from tests.web.chromium import Page, chromium
from tests.web.ops_stage import FAN, LOGIN, UPSTREAM_ID, OpsStage, ops_stage

AXE = "axe-core@4.14.1"
PICTURES = Path(__file__).parents[2] / "build" / "ops"
LOOKS = [(1280, False), (1280, True), (390, False), (390, True)]
"""Widths, and whether it is dark."""


@pytest.fixture(scope="module")
def axe(pytestconfig: pytest.Config) -> str:
    """Give the script of axe-core. npm brings it once, into pytest's cache."""
    folder = pytestconfig.cache.mkdir("axe") if pytestconfig.cache else pytest.fail("this test needs pytest's cache")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), AXE]
        subprocess.run(install, check=True, timeout=100)
    return script.read_text("utf-8")


@pytest.mark.service("chromium")
@pytest.mark.service("node")
async def test_a_stale_feed_is_found_and_refreshed_on_pages_that_all_can_use(
    tmp_path: Path, axe: str, service_program: Callable[[str], Path]
) -> None:
    async with ops_stage(tmp_path) as stage, chromium(service_program("chromium"), tmp_path / "profile", LOGIN) as page:
        await make_stale(stage)
        root = str(stage.client.make_url("/ops"))
        await page.look_like(width=1280, dark=False)
        await page.open(root)
        await page.click(".states a", "stale")
        await look_at(page, "feeds", axe)
        await page.click("tbody a", "BEARS / fixtures")
        assert await page.run("document.querySelector('.badge.stale') !== null")
        marked = await page.run("[...document.querySelectorAll('ins')].map(e => e.innerText).join('|')")
        assert "DTSTART;TZID=America/New_York:20261206T130000" in marked
        await page.click(".month-after")
        assert await page.run("document.querySelector('.month').innerText.includes('13:00 bears')")
        await look_at(page, "feed", axe)
        stage.upstream.answers[UPSTREAM_ID] = good()
        await page.click("button", "Refresh now")
        assert await page.run("document.querySelector('h1 + p .badge').innerText") == "ok"
        await page.run(f"document.querySelector('[name=q]').value = '{FAN}'")
        await page.click("button", "Find")
        assert str(FAN) not in await page.run("location.href + document.body.innerText")
        await look_at(page, "subscription", axe)
        await page.open(f"{root}/accounts/bears")
        await look_at(page, "account", axe)
        assert {url for url in page.requested if not url.startswith(root)} <= {"about:blank"}


async def make_stale(stage: OpsStage) -> None:
    """Have a feed that goes on failing, beside one that is well."""
    stage.upstream.answers[UPSTREAM_ID] = good()
    await stage.read()
    stage.upstream.answers[UPSTREAM_ID] = Answer(status=503)
    stage.clock.wind(seconds=timedelta(days=2).total_seconds())
    await stage.submit(f"/ops/feeds/{stage.feed}/refresh")


def good() -> Answer:
    """What the upstream says when all is well: a month of games, written as feeds in the wild are."""
    games = "".join(
        GAME.format(n=n, day=day, opponent=opponent)
        for n, (day, opponent) in enumerate(
            [(6, "bears"), (6, "Lions at Bears"), (13, "Packers"), (20, "Jets"), (27, "Away day")]
        )
    )
    return Answer(f"{HEAD}{games}END:VCALENDAR\r\n".encode())


HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//League//EN\r\nMETHOD:REFRESH\r\nX-WR-CALNAME:Bears games\r\n"
GAME = """BEGIN:VEVENT\r
UID:game-{n}\r
DTSTAMP:20260101T000000Z\r
DTSTART;TZID="Eastern Standard Time":202612{day:02}T130000\r
DTEND;TZID="Eastern Standard Time":202612{day:02}T160000\r
SUMMARY:{opponent}\r
LOCATION:Soldier Field\\, Chicago\r
END:VEVENT\r
"""


async def look_at(page: Page, name: str, axe: str) -> None:
    """See that axe-core finds no serious fault of a page however it looks, and take its picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, dark in LOOKS:
        await page.look_like(width=width, dark=dark)
        picture = PICTURES / f"{name}-{width}-{'dark' if dark else 'light'}.png"
        picture.write_bytes(await page.picture())
        overflow = await page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name} at {width} is wider than its window"
        await page.run(f"if (!window.axe) {{ {axe} }}")
        found = await page.run(
            "axe.run().then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
            ".map(v => v.id + ': ' + v.nodes.map(n => n.html).slice(0, 3).join(' ')))"
        )
        assert found == [], f"{name} at {width}, {'dark' if dark else 'light'}"
    await page.look_like(width=1280, dark=False)
