"""Which web pages of other origins may call us, and what their browsers are told (Fetch standard, section 3.2).

A browser is never told to send cookies or passwords that it has for us (`Access-Control-Allow-Credentials`): a page
that calls the API has a token and writes it into the request.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

ANY = "*"
MAX_AGE = 7_200
"""Seconds for which a browser may keep the answer to a preflight; Chromium takes no more."""
REQUEST_FIELDS = (
    *("Accept", "Accept-Language", "Authorization", "Cache-Control", "Content-Type", "If-Modified-Since"),
    *("If-None-Match", "Pragma", "Traceparent", "Tracestate", "X-Requested-With"),
)
"""What a page may send. All are named: to a browser, `*` does not stand for Authorization."""
ANSWER_FIELDS = ("Cache-Status", "ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Job-Id", "X-Request-Id")
"""What a page may read, beside the few fields that it always may."""

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@,*]+")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

Fields = tuple[tuple[str, str], ...]


def read_origin(text: str) -> str:
    """Return an origin as browsers write it, or `*`. Raises ValueError for what is none."""
    origin = text.strip().lower()
    if origin == ANY:
        return origin
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(f"{text!r} is neither an origin such as https://shop.example.com, without a path, nor *")
    return origin.removesuffix(_DEFAULT_PORTS.get(origin.partition(":")[0], ""))


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins whose pages may call us, as `read_origin` returns them; none: nobody is told anything."""

    allowed: frozenset[str]

    @property
    def any(self) -> bool:
        """Whether every page may: then all answers say the same."""
        return ANY in self.allowed

    @property
    def listed(self) -> bool:
        """Whether some may: then what an answer says depends on who asks."""
        return bool(self.allowed) and not self.any

    @property
    def for_all(self) -> Fields:
        """The fields that are the same in every answer."""
        return _granted(ANY) if self.any else ()

    def fields(self, origin: str | None) -> Fields:
        """Return the fields of an answer to a request from `origin`; None: the request names none."""
        if self.any:
            return self.for_all
        return _granted(origin) if origin is not None and origin.lower() in self.allowed else ()

    def preflight_fields(self, methods: Collection[str]) -> Fields:
        """Return what the answer to a preflight has beside `fields`, if a path takes these methods."""
        return (
            ("Access-Control-Allow-Methods", ", ".join(sorted(methods))),
            ("Access-Control-Allow-Headers", ", ".join(REQUEST_FIELDS)),
            ("Access-Control-Max-Age", str(MAX_AGE)),
        )


def _granted(origin: str) -> Fields:
    return ("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", ", ".join(ANSWER_FIELDS))
