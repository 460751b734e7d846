"""A browser as far as pages of other origins are concerned: it asks before it sends, and hides what it was not shown.

After the Fetch standard: section 4.8 (CORS-preflight fetch), 4.9 (CORS check), 4.1 (what of an answer a page sees).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import ClientResponse
from multidict import CIMultiDict

from tests.web.stage import Client

SAFE_METHODS = {"GET", "HEAD", "POST"}
SAFE_FIELDS = {"accept", "accept-language", "content-language"}
SAFE_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
SHOWN_FIELDS = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified"}


class Blocked(Exception):
    """What a page sees of anything that goes wrong: nothing."""


@dataclass
class Seen:
    """What a page sees of an answer."""

    status: int
    body: bytes
    headers: CIMultiDict[str]


@dataclass
class Page:
    """A page of an origin; `preflights` are the answers to the questions that its browser asked."""

    client: Client
    origin: str
    preflights: list[ClientResponse] = field(default_factory=list)

    async def fetch(
        self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Seen:
        """Do what fetch() does. Raises Blocked."""
        headers = {name.lower(): value for name, value in (headers or {}).items()}
        unsafe = sorted(name for name, value in headers.items() if not _is_safe(name, value))
        if method not in SAFE_METHODS or unsafe:
            await self._ask(path, method, unsafe)
        sent = {**headers, "Origin": self.origin, "Accept-Encoding": "identity"}
        answer = await self.client.request(method, path, headers=sent, data=body, allow_redirects=False)
        self._check(answer)
        shown = SHOWN_FIELDS | _listed(answer, "Access-Control-Expose-Headers")
        visible = CIMultiDict((name, value) for name, value in answer.headers.items() if name.lower() in shown)
        return Seen(answer.status, await answer.read(), visible)

    async def _ask(self, path: str, method: str, unsafe: list[str]) -> None:
        question = {"Origin": self.origin, "Access-Control-Request-Method": method}
        if unsafe:
            question["Access-Control-Request-Headers"] = ",".join(unsafe)
        answer = await self.client.options(path, headers=question)
        self.preflights.append(answer)
        self._check(answer)
        if not 200 <= answer.status < 300:
            raise Blocked(f"the preflight was answered {answer.status}")
        if method.lower() not in _listed(answer, "Access-Control-Allow-Methods") | {m.lower() for m in SAFE_METHODS}:
            raise Blocked(f"{method} is not allowed")
        if hidden := set(unsafe) - _listed(answer, "Access-Control-Allow-Headers"):
            raise Blocked(f"{hidden} may not be sent")

    def _check(self, answer: ClientResponse) -> None:
        if answer.headers.getall("Access-Control-Allow-Origin", []) not in (["*"], [self.origin]):
            raise Blocked("the answer names no origin, or another")


def _is_safe(name: str, value: str) -> bool:
    return name in SAFE_FIELDS or (name == "content-type" and value.partition(";")[0].strip().lower() in SAFE_TYPES)


def _listed(answer: ClientResponse, name: str) -> set[str]:
    return {each.strip().lower() for each in answer.headers.get(name, "").split(",")}
