import pytest

from tests.cache.contract import CacheContract, feed, opened
from tests.cache.contract_large import LargeContract


class TestMemory(CacheContract, LargeContract):
    @pytest.fixture
    def url(self) -> None:
        return None

    async def test_closing_forgets(self) -> None:
        async with opened(None) as cache:
            await cache.put("a", feed())
        assert cache.peek("a") is None
