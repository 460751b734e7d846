"""What clients of the API and operators do one after the other, and what has to be seen of each record meanwhile.

Records are looked at through the front door. A change that nobody has acknowledged may have been made or not, but not
by half: of all records that it concerns, it is seen in each or in none.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from aiohttp import ClientSession, encode_basic_auth

ADMIN_TOKEN = "not-a-secret-of-the-administrator"
ACCOUNT = "/admin/accounts/BEARS"
SUBSCRIPTIONS, EVENTS = "/v1/subscription/BEARS/games", "/v1/subscriptionevent/BEARS"
ALL = frozenset({"bears", "lions"})
"""The titles of the upstream's events."""

Seen = Mapping[str, object] | None
"""What is seen of a record; None: it is not there."""


@dataclass(frozen=True)
class Record:
    """Something that has a name, and how it is looked at."""

    name: str
    look: "Callable[[Api, str], Awaitable[Seen]]"


@dataclass
class Api:
    """The service, what has to be seen of its records, and the changes that wait for an answer."""

    session: ClientSession
    told: Callable[[], None]
    """Is called after each answer to a change."""
    url: str = ""
    client: Mapping[str, str] = field(default_factory=dict)
    seen: dict[Record, Seen] = field(default_factory=dict)
    under_way: list[Mapping[Record, Seen]] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"} if path.startswith("/admin") else self.client
        async with self.session.request(method, self.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.text()

    async def change(self, method: str, path: str, body: object = None, *, to: Mapping[Record, Seen]) -> str:
        """Change records; return the body of the answer."""
        self.under_way.append(to)
        status, text = await self.ask(method, path, body)
        assert 200 <= status < 300, f"{method} {path}: {status} {text}"
        self.under_way.remove(to)
        self.seen.update(to)
        self.told()
        return text

    async def log_in(self, url: str, client_id: str, client_secret: str) -> None:
        """Go on at another URL."""
        self.url, self.client = url, {"Authorization": encode_basic_auth(client_id, client_secret)}
        status, text = await self.ask("POST", "/oauth2/token", {"grant_type": "client_credentials"})
        assert status == 200, text
        self.client = {"Authorization": f"Bearer {json.loads(text)['access_token']}"}

    async def verify(self) -> None:
        """Look at every record; what was under way and is seen to be made counts as made."""
        concerned = [each for change in self.under_way for each in change]
        looked = {each: await each.look(self, each.name) for each in dict.fromkeys((*self.seen, *concerned))}
        for change in self.under_way:
            if all(looked[each] == after for each, after in change.items()):
                self.seen.update(change)
        self.under_way.clear()
        wrong = {each.name: (seen, self.seen.get(each)) for each, seen in looked.items() if seen != self.seen.get(each)}
        assert wrong == {}, f"by name what is seen, and what has to be: {wrong}"


async def look_at_subscriptions(api: Api, subscriber: str) -> Seen:
    """Look at the one subscription of somebody, and at its feed."""
    _, text = await api.ask("GET", f"{SUBSCRIPTIONS}/{subscriber}")
    found = json.loads(text)
    if not found:
        return None
    (only,) = found
    status, feed = await api.ask("GET", f"/v1/webcal/{only['subscriptionId']}")
    assert status == (200 if only["isActive"] else 410)
    return subscription(only.get("timezoneId"), re.findall(r"SUMMARY:(.*)\r", feed), is_active=only["isActive"])


def subscription(zone: str | None, titles: Iterable[str], *, is_active: bool = True) -> Seen:
    return {"zone": zone, "titles": sorted(titles), "is_active": is_active}


async def look_at_tag(api: Api, path: str) -> Seen:
    """Look at a tag by its external id, the last part of the path."""
    calendar, _, external_id = path.rpartition("/")
    status, text = await api.ask("GET", calendar)
    found = [each for each in json.loads(text)["tags"] if each["externalId"] == external_id] if status == 200 else []
    return {"text": found[0]["text"]} if found else None


async def look_at_settings(api: Api, path: str) -> Seen:
    """Look at what an operator has said of a calendar or a source."""
    status, text = await api.ask("GET", path)
    assert status in {200, 404}
    own = {"id", "tags", "createdAt", "updatedAt"}
    return {name: value for name, value in json.loads(text).items() if name not in own} if status == 200 else None


def event(event_id: str, title: str) -> dict[str, str]:
    return {"eventId": event_id, "title": title, "start": "2026-12-06T12:00:00", "timezone": "UTC"}


async def subscribe_and_leave(api: Api, story: str) -> None:
    """Two subscribe, get events of their own and common ones, and leave; ten changes."""
    john, jane = Record(f"john-{story}", look_at_subscriptions), Record(f"jane-{story}", look_at_subscriptions)
    table, own = f"table-{story}", f"own-{story}"
    body: dict[str, object] = {"subscriptionMethod": "WebCal", "subscriberId": john.name, "events": [event(own, "own")]}
    said = await api.change("POST", "/v1/subscribe/BEARS/games", body, to={john: subscription(None, {*ALL, "own"})})
    johns = json.loads(said)["subscriptionId"]
    body = {"subscriberId": jane.name, "timeZoneId": "UTC", "userAgent": "curl"}
    said = await api.change("POST", "/v1/webcal/BEARS/games", body, to={jane: subscription("UTC", ALL)})
    janes = said.rpartition("/")[2]
    body = {"excludeExternalEventIds": ["lions"], "timeZoneId": "UTC", "additionalOptIn": True}
    await api.change("PUT", f"{SUBSCRIPTIONS}/{johns}", body, to={john: subscription("UTC", {"bears", "own"})})
    body = {"event": event(table, "table"), "subscriptionIds": [johns, janes]}
    both = {john: subscription("UTC", {"bears", "own", "table"}), jane: subscription("UTC", {*ALL, "table"})}
    await api.change("POST", EVENTS, body, to=both)
    both = {john: subscription("UTC", {"bears", "own", "moved"}), jane: subscription("UTC", {*ALL, "moved"})}
    await api.change("POST", f"{EVENTS}/update", {"event": event(table, "moved")}, to=both)
    path = f"/v1/subscription/BEARS/{johns}/subscriptionevent"
    await api.change("DELETE", f"{path}/{own}", to={john: subscription("UTC", {"bears", "moved"})})
    await api.change("DELETE", f"{path}/{table}", to={john: subscription("UTC", {"bears"})})
    await api.change("DELETE", f"{EVENTS}/{table}", to={jane: subscription("UTC", ALL)})
    gone = subscription("UTC", (), is_active=False)
    await api.change("DELETE", SUBSCRIPTIONS, {"id": johns}, to={john: gone})
    await api.change("POST", SUBSCRIPTIONS, {"username": jane.name}, to={jane: gone})


async def manage(api: Api, story: str) -> None:
    """An operator adds, changes and removes a source, a calendar and a tag; nine changes."""
    source = Record(f"{ACCOUNT}/sources/{story}", look_at_settings)
    calendar = Record(f"{ACCOUNT}/calendars/{story}", look_at_settings)
    tag = Record(f"{calendar.name}/{story}", look_at_tag)
    of_source: dict[str, object] = {"name": story, "url": "https://one.example/***", "hasCredentials": False}
    of_source |= {"headers": []}
    body: dict[str, object] = {"name": story, "url": "https://one.example/a.ics"}
    await api.change("POST", f"{ACCOUNT}/sources", body, to={source: of_source})
    of_calendar: dict[str, object] = {"code": story, "title": story, "source": story, "description": "", "image": ""}
    of_calendar |= {"protected": True, "singleSubscription": False, "timeZones": ["UTC"], "onDeactivate": None}
    body = {"code": story, "source": story, "protected": True, "timeZones": ["UTC"]}
    await api.change("POST", f"{ACCOUNT}/calendars", body, to={calendar: of_calendar})
    body = {"text": "Home", "externalId": story}
    said = await api.change("POST", f"{calendar.name}/tags", body, to={tag: {"text": "Home"}})
    tag_path = f"{calendar.name}/tags/{json.loads(said)['id']}"
    await api.change("PUT", tag_path, {"text": "Away"}, to={tag: {"text": "Away"}})
    body = {"title": "New", "description": "Newer", "singleSubscription": True, "timeZones": [], "onDeactivate": "gone"}
    of_calendar = of_calendar | body
    await api.change("PUT", calendar.name, body, to={calendar: of_calendar})
    body = {
        "url": "https://two.example/b.ics",
        "headers": {"X-Key": "k"},
        "credentials": {"user": "u", "password": "p"},
    }
    of_source = of_source | {"url": "https://two.example/***", "headers": ["X-Key"], "hasCredentials": True}
    await api.change("PUT", source.name, body, to={source: of_source})
    await api.change("DELETE", tag_path, to={tag: None})
    await api.change("DELETE", calendar.name, to={calendar: None})
    await api.change("DELETE", source.name, to={source: None})
