import pytest

from tests.cache.contract import CacheContract, feed, opened


class TestMemory(CacheContract):
    @pytest.fixture
    def url(self) -> None:
        return None

    async def test_closing_forgets(self) -> None:
        async with opened(None) as cache:
            await cache.put("a", feed())
        assert cache.peek("a") is None
