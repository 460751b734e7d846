"""The sample site for nginx, in the real nginx."""

import pytest

from tests.samples.edge import PUBLIC, EdgeContract, Stage

pytestmark = pytest.mark.service("nginx")


class TestNginx(EdgeContract):
    kind = "nginx"

    async def test_the_spellings_of_a_url_share_a_copy(self, stage: Stage) -> None:
        paths = [f"/v1/webcal/{PUBLIC}", f"/webcal/{PUBLIC.hex}", f"/v2/webcal/{PUBLIC}.ics"]
        assert [(await stage.get(path)).cache for path in paths] == ["miss", "hit", "hit"]

    async def test_no_log_has_a_subscription_id(self, stage: Stage) -> None:
        await stage.get(f"/v1/webcal/{PUBLIC}")
        await stage.kill_origin()
        await stage.get(f"/v1/webcal/{PUBLIC}?cold")
        for log in stage.edge.logs:
            assert str(PUBLIC) not in log.read_text()
        assert "/v1/webcal/..." in stage.edge.logs[0].read_text()
