"""The sample VCL, in the real Varnish."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.samples.edge import PUBLIC, EdgeContract, stage

pytestmark = pytest.mark.service("varnish")


class TestVarnish(EdgeContract):
    kind = "varnish"

    async def test_an_edge_of_the_operators_own_keeps_a_personal_feed_if_it_may_and_hears_of_its_changes(
        self, tmp_path: Path, service_program: Callable[[str], Path]
    ) -> None:
        path = f"/v1/webcal/{PUBLIC}"
        async with stage(self.kind, service_program(self.kind), tmp_path, capability_url_seconds=600) as up:
            await up.get(path)
            await up.attach_event("Your table", PUBLIC)
            assert await up.seconds_until(path, lambda seen: b"Your table" in seen.body) < 1
            await up.seconds_until(path, lambda seen: seen.cache == "hit")
            kept = await up.get(path)
            assert kept.headers["Cache-Control"].startswith("private")
            assert "CDN-Cache-Control" not in kept.headers
            await up.attach_event("Another table", PUBLIC)
            assert await up.seconds_until(path, lambda seen: b"Another table" in seen.body) < 1
            await up.kill_origin()
            assert b"Another table" in (await up.get(path)).body
