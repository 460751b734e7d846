"""Everything that feedproxy raises on purpose.

    FeedproxyError                      status, code, message: safe to show
    ├── FeedRefused                     502  these octets are no feed that may be served
    ├── FetchFailed                     502  the upstream gave no usable answer
    │   └── EgressDenied                502  the address may not be dialled
    ├── SettingsError                   the start stops: one line that names the setting
    ├── SealBroken                      what is stored sealed cannot be opened with this key
    ├── NotSetUp                        501  the operator has not set up what this needs
    ├── Unavailable                     503  our outage, with the seconds after which to try again
    └── RequestRefused                  the caller asked wrongly
        ├── BadRequest                  400
        ├── Unauthorized                401
        ├── Forbidden                   403
        ├── NotFound                    404
        ├── Conflict                    409
        ├── TooLarge                    413
        ├── UnsupportedMedia            415
        └── TooMany                     429  with the seconds after which to try again

Each class knows its HTTP status; `code` is a short stable id for logs, metrics and programs; `message` is one
line without secrets. They become HTTP answers in one place, `feedproxy.web.errors`.
"""

import copyreg
import math
from datetime import timedelta


class FeedproxyError(Exception):
    """The root of the tree: a status, a code and a safe one-line message."""

    status = 500
    code = "serverError"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Be sent to another process as it is, whatever its class is made with."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class FeedRefused(FeedproxyError):
    """Octets that are not a feed which may be served; `reason` is one of `REASONS`."""

    status = 502
    REASONS = ("empty", "html", "not-a-calendar", "truncated", "excessive")

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, code=reason)
        self.reason = reason


class FetchFailed(FeedproxyError):
    """The upstream gave no usable answer.

    `reason` is a short stable id (`timeout`, `too-large`, `status-503`, ...); `retry_after` is what the upstream
    asked for in seconds, or None; `upstream_status` its HTTP status, or None when there was no answer. `hops` are the
    requests that were answered on the way: the URL without query, the status, the address.
    """

    status = 502
    hops: tuple[tuple[str, int, str], ...] = ()

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        upstream_status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, code=reason)
        self.reason = reason
        self.upstream_status = upstream_status
        self.retry_after = retry_after


class EgressDenied(FetchFailed):
    """The egress policy forbids the address or URL; nothing was sent there."""


class SettingsError(FeedproxyError):
    """A setting is unknown, malformed or contradicts another; the message names it."""

    code = "settings"


class SealBroken(FeedproxyError):
    """What was sealed under another key or for another purpose, or is not what was sealed."""

    code = "seal"


class NotSetUp(FeedproxyError):
    """The operator has not set up what the request needs; the message names the setting."""

    status = 501
    code = "notSetUp"


class RequestRefused(FeedproxyError):
    """The caller's request cannot be served as asked."""

    status = 400
    code = "invalidRequest"


class BadRequest(RequestRefused):
    """The request is malformed; the message names the field and the fix."""

    code = "invalidRequestParameter"


class Unauthorized(RequestRefused):
    """Credentials are missing or wrong; `challenge` is the value of WWW-Authenticate."""

    status = 401
    code = "unauthorized"

    def __init__(self, message: str, *, challenge: str) -> None:
        super().__init__(message)
        self.challenge = challenge


class Forbidden(RequestRefused):
    """The credentials are good, but for something else."""

    status = 403
    code = "forbidden"


class NotFound(RequestRefused):
    """There is no such thing, or it is not the caller's."""

    status = 404
    code = "notFound"


class Conflict(RequestRefused):
    """What should be made is there already."""

    status = 409
    code = "conflict"


class TooLarge(RequestRefused):
    """The request body is over the limit."""

    status = 413
    code = "tooLarge"


class UnsupportedMedia(RequestRefused):
    """The request body is of a type or encoding that is not read here."""

    status = 415
    code = "unsupportedMediaType"


class TooMany(RequestRefused):
    """It was asked, or tried, too often; `retry_after` is in whole seconds, one at least."""

    status = 429
    code = "tooManyRequests"

    def __init__(self, message: str, *, wait: timedelta, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = max(math.ceil(wait.total_seconds()), 1)


class Unavailable(FeedproxyError):
    """Nothing can be served now; `retry_after` is in seconds."""

    status = 503
    code = "unavailable"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
