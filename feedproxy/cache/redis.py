"""Memory in front, Redis (or Valkey) behind, shared by all processes; what one drops, all forget.

Each process listens on a channel where keys are announced that were dropped. One connection does that, and by a ping
each second it also tells whether Redis is there: while it is not, nothing waits for it, feeds are kept in memory, and
drops are owed to it. What is owed is dropped as soon as Redis answers. Announcements that are missed meanwhile are for
others to make good (`feedproxy.web.heard_changes`): memory is kept, for there may be nothing else to serve.

Who looks upstream for a key holds a lock on it, which expires by itself, and announces what the look has ended in. What
has ended well stays in Redis: who comes next looks there first.

A drop that overtakes a read or a write on its way is noticed by `_drops`, which counts them.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from functools import partial
from secrets import token_hex
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisSlow

from feedproxy import gzip_member
from feedproxy.cache import pieces
from feedproxy.cache.landing import Landed, Landing, Landings, landing_from_text, landing_to_text
from feedproxy.cache.memory import MemoryCache
from feedproxy.cache.record import (
    StoredFeed,
    feed_from_parts,
    feed_to_parts,
    start_from_parts,
    start_to_parts,
)
from feedproxy.gzip_member import Start
from feedproxy.model import Feed

PREFIX = "feedproxy:feed:"
START_PREFIX = "feedproxy:start:"
PING = "feedproxy:ping"
CHANNEL = "feedproxy:dropped"
LOCK_PREFIX = "feedproxy:look:"
LANDED_PREFIX = "feedproxy:landed:"
LANDED_CHANNEL = "feedproxy:landed"
KEPT_SECONDS = 86_400
"""How long a feed stays in Redis that nobody asks for."""
PATIENCE_SECONDS = 0.5
BEAT_SECONDS = 1.0
CONNECTIONS = 16
LARGE = 65_536
"""Octets of a feed's own, or that a start inflates to (up to 1,000 times its own), which are checked in a thread."""

TAKE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return {1, redis.call('GET', KEYS[2])} end
return {0}
"""
"""Take the lock, and read what the last look ended in."""
LAND = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
if ARGV[2] == '1' then redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[4]) else redis.call('DEL', KEYS[2]) end
redis.call('PUBLISH', ARGV[5], ARGV[6])
"""
"""Give the lock back if it is ours still, and tell what the look ended in."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class RedisCache:
    """A cache shared through Redis; `start` connects, `close` ends.

    `on_drop` hears what other processes dropped, `on_there` whether Redis can be used.
    """

    def __init__(
        self,
        memory: MemoryCache,
        url: str,
        on_drop: Callable[[Collection[str]], None],
        on_there: Callable[[bool], None],
    ) -> None:
        self._memory = memory
        self._on_there = on_there
        self._on_drop = on_drop
        self._redis = Redis.from_pool(
            BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS,
                timeout=PATIENCE_SECONDS,
                socket_timeout=PATIENCE_SECONDS,
                socket_connect_timeout=PATIENCE_SECONDS,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
        )
        self._name = token_hex(8)
        self._trouble: str | None = "not connected yet"
        self._owed: set[str] = set()
        self._drops = 0
        self._starts: WeakValueDictionary[bytes, Start] = WeakValueDictionary()
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._landings = Landings()
        self._take = self._redis.register_script(TAKE)
        self._land = self._redis.register_script(LAND)
        self._tried = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the channel, or find that Redis is down; go on listening behind."""
        self._listener = asyncio.get_running_loop().create_task(self._listen(), name="cache drops")
        await self._tried.wait()

    async def close(self) -> None:
        """Leave the channel and forget everything in memory; what is in Redis stays for the others."""
        while self._listener is not None and not self._listener.done():
            self._listener.cancel()  # once may not do: asyncio.wait_for of Python 3.11 can lose a cancellation
            await asyncio.wait([self._listener], timeout=0.1)
        self._memory.clear()
        await self._redis.aclose()

    def peek(self, key: str) -> Feed | None:
        """Return what this process's memory has."""
        return self._memory.peek(key)

    async def get(self, key: str) -> Feed | None:
        """Return what memory has, else what Redis has."""
        feed = self._memory.peek(key)
        if feed is not None or self._trouble is not None:
            return feed
        drops = self._drops
        stored = await self._stored(key)
        feed = await self._begun(stored) if stored is not None else None
        newer = self._memory.peek(key)
        if feed is None or newer is not None or drops != self._drops:
            return newer
        self._memory.keep(key, feed)
        return feed

    async def _stored(self, key: str) -> StoredFeed | None:
        record = await self._ask(lambda: pieces.read(self._redis, PREFIX + key))
        if record is None:
            return None
        return await _done(partial(feed_from_parts, record), sum(map(len, record)))

    async def put(self, key: str, feed: Feed) -> None:
        """Keep a feed in memory and, unless it is protected, in Redis: what few may read stays in this process."""
        self._memory.keep(key, feed)
        if feed.protected:
            return
        drops = self._drops
        await self._put_start(feed.start)

        async def write() -> None:
            parts = await _done(partial(feed_to_parts, feed), len(feed.end))
            await pieces.write(self._redis, PREFIX + key, parts, seconds=KEPT_SECONDS)

        await self._ask(write)
        if drops != self._drops:
            await self._ask(lambda: self._redis.unlink(PREFIX + key))

    async def _put_start(self, start: Start) -> None:
        """See to it that what the feed begins with is in Redis for as long as the feed."""
        self._starts[start.digest] = start
        key = START_PREFIX + start.digest.hex()
        if await self._ask(lambda: self._redis.expire(key, KEPT_SECONDS)):
            return
        turn = self._turn(start.digest)
        others = turn.locked()
        async with turn:
            if others and await self._ask(lambda: self._redis.expire(key, KEPT_SECONDS)):
                return
            await self._ask(lambda: pieces.write(self._redis, key, start_to_parts(start), seconds=KEPT_SECONDS))

    def _turn(self, digest: bytes) -> asyncio.Lock:
        """Return what one alone holds who writes or reads that start: of many who want to, one does the work."""
        return self._turns.setdefault(digest, asyncio.Lock())

    async def _begun(self, stored: StoredFeed) -> Feed | None:
        """Put a feed together with what it begins with; None when that cannot be had."""
        start = self._starts.get(stored.start)
        if start is None:
            async with self._turn(stored.start):
                start = self._starts.get(stored.start) or await self._read_start(stored.start)
        return stored.begun_by(start) if start is not None else None

    async def _read_start(self, digest: bytes) -> Start | None:
        key = START_PREFIX + digest.hex()
        record = await self._ask(lambda: pieces.read(self._redis, key))
        if record is None:
            return None
        start = start_from_parts(record)
        if start is None or start.digest != digest or not await _is_sound(start):
            await self._ask(lambda: self._redis.unlink(key))
            return None
        return self._starts.setdefault(digest, start)

    async def drop(self, keys: Collection[str]) -> None:
        """Forget feeds here and in Redis, and tell the other processes; owed while Redis is down."""
        if not keys:
            return
        self._forget(keys)
        self._owed.update(keys)
        await self._pay()

    async def depart(self, key: str, *, after: datetime | None, seconds: float) -> Landing | None:
        """Take the lock, or wait for who has it. While Redis is down everybody looks for himself."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            with self._landings.waiting(key) as told:
                took = await self._ask(
                    lambda: self._take(
                        keys=[LOCK_PREFIX + key, LANDED_PREFIX + key], args=[self._name, round(seconds * 1000)]
                    )
                )
                if took is None:
                    return None
                if took[0]:
                    landing = landing_from_text(took[1]) if took[1] is not None else None
                    if isinstance(landing, Landed) and (after is None or landing.fresh_until > after):
                        await self.land(key, landing)
                        return landing
                    return None
                try:
                    async with asyncio.timeout(end - loop.time()):
                        landing = await told
                except TimeoutError:
                    return None
            if landing is not None:
                return landing

    async def land(self, key: str, landing: Landing | None) -> None:
        """Give the lock back, and announce what the look has ended in."""
        self._landings.tell(key, landing)
        text = landing_to_text(landing) if landing is not None else ""
        good = "1" if isinstance(landing, Landed) else "0"
        said = json.dumps([key, text])
        await self._ask(
            lambda: self._land(
                keys=[LOCK_PREFIX + key, LANDED_PREFIX + key],
                args=[self._name, good, text, KEPT_SECONDS, LANDED_CHANNEL, said],
            )
        )

    def landed(self, key: str) -> Landing | None:
        """Return what was announced last."""
        return self._landings.last(key)

    def hears(self) -> bool:
        """Tell whether it is heard of what others drop."""
        return self._trouble is None

    async def ping(self) -> str | None:
        """Return None when Redis can be written to."""
        trouble = self._trouble
        if trouble is None:
            try:
                await self._redis.set(PING, self._name, ex=KEPT_SECONDS)
            except (RedisError, OSError) as error:
                trouble = self._note(error)
        return f"Redis cannot be used, feeds are kept in memory: {trouble}" if trouble is not None else None

    async def _ask(self, command: Callable[[], Awaitable[Any]]) -> Any:
        """Do a command; None while Redis is down, or when it turns out to be."""
        if self._trouble is not None:
            return None
        try:
            return await command()
        except (RedisError, OSError) as error:
            self._note(error)
            return None

    def _note(self, error: Exception) -> str:
        """Log what is wrong and return it in one line.

        If it is more than a refusal of one command, nobody waits for Redis until the listener has heard of it again.
        """
        line = (str(error) or type(error).__name__).splitlines()[0]
        if self._trouble is None:
            _log.warning("Redis cannot be used", extra={"fields": {"error": line}})
        if not isinstance(error, ResponseError):
            self._trouble = line
            self._on_there(False)
            self._landings.wake()
        return line

    async def _pay(self) -> None:
        """Drop in Redis what is owed to it, and announce it."""
        owed, self._owed = self._owed, set()
        if not owed:
            return

        async def drop_and_announce() -> bool:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.unlink(*(PREFIX + key for key in owed))
                pipeline.publish(CHANNEL, json.dumps([self._name, sorted(owed)]))
                await pipeline.execute()
            return True

        paid = None
        try:
            paid = await self._ask(drop_and_announce)
        finally:
            if not paid:
                self._owed |= owed

    def _forget(self, keys: Collection[str]) -> None:
        self._drops += 1
        self._memory.forget(keys)

    async def _listen(self) -> None:
        """Stay on the channel; come back to it whenever it is lost."""
        while True:
            try:
                async with self._redis.pubsub() as channel:
                    await channel.subscribe(CHANNEL, LANDED_CHANNEL)
                    await self._hear(channel)
            except (RedisError, OSError) as error:
                self._note(error)
            self._tried.set()
            await asyncio.sleep(BEAT_SECONDS / 2)

    async def _hear(self, channel: PubSub) -> None:
        """Take in what is announced. A silent second is answered with a ping, another one ends the connection."""
        pinged = False
        while True:
            message = await channel.get_message(timeout=BEAT_SECONDS)
            if message is None:
                if pinged:
                    raise RedisSlow("no answer")
                await channel.ping()
                pinged = True
                continue
            pinged = False
            match message["type"]:
                case "message" if message["channel"] == LANDED_CHANNEL.encode():
                    self._hear_of_landing(message["data"])
                case "message":
                    self._hear_of(message["data"])
                case _:
                    pass  # a pong, or the channels have been joined
            await self._there()

    async def _there(self) -> None:
        """Note that Redis answers."""
        if self._trouble is not None:
            _log.info("Redis can be used")
            self._trouble = None
            self._on_there(True)
        self._tried.set()
        await self._pay()

    def _hear_of(self, announcement: bytes) -> None:
        name, keys = _announced(announcement)
        if name == self._name or not keys:
            return
        self._forget(keys)
        try:
            self._on_drop(keys)
        except Exception:  # noqa: BLE001 # whatever it is, the channel must be listened to
            _log.exception("a dropped feed's listener failed")

    def _hear_of_landing(self, announcement: bytes) -> None:
        """Forget a feed that is made of another body than the one that is served now."""
        match _read(announcement):
            case [str(key), str(text)]:
                landing = landing_from_text(text)
            case _:
                return
        self._landings.tell(key, landing)
        feed = self._memory.peek(key)
        if feed is None or not isinstance(landing, Landed):
            return
        if (feed.look.source, feed.look.generation) != (landing.digest, landing.generation):
            self._memory.forget([key])


def _announced(announcement: bytes) -> tuple[str, list[str]]:
    """Read who dropped which keys; nobody and none when it is not an announcement of ours."""
    match _read(announcement):
        case [str(name), list(keys)] if all(isinstance(key, str) for key in keys):
            return name, keys
        case _:
            return "", []


def _read(announcement: bytes) -> object:
    """Read JSON; None when it is none."""
    try:
        said: object = json.loads(announcement)
    except ValueError:
        return None
    return said


async def _is_sound(start: Start) -> bool:
    return await _done(partial(gzip_member.is_sound, start), start.length)


async def _done(work: Callable[[], T], octets: int) -> T:
    return work() if octets < LARGE else await asyncio.to_thread(work)
