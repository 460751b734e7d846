"""The bodies of error answers, as each part of the CalReply API shapes them.

The published reference shows three shapes of one pair (code, reason), each on routes of its own; OAuth2 has a fourth.

    calreply-a  [["invalidParameter", "..."]]                               subscribe, subscription (GET, DELETE)
    calreply-b  [{"Code": "InvalidRequestParameter", "Reason": "..."}]      subscription (PUT)
    calreply-c  [{"code": "InvalidRequestParameter", "reason": "..."}]      subscriptionevent, webcal, google
    oauth       {"error": "invalid_request", "error_description": "..."}    RFC 6749 section 5.2
"""

import re
from collections.abc import Callable

from feedproxy.errors import BadRequest, FeedproxyError

Body = dict[str, object]

OAUTH_ERRORS = frozenset({"invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type"})
"""The codes of RFC 6749 section 5.2 that are answered here (no scopes, no client that may not use a grant)."""

_OAUTH_BY_STATUS = {
    401: "invalid_client",
    429: "temporarily_unavailable",
    500: "server_error",
    503: "temporarily_unavailable",
}


def body(style: str, error: FeedproxyError) -> Body:
    """Shape an error as the named style wants it; `statusCode` always equals the HTTP status."""
    return _STYLES[style](error)


def _pairs(error: FeedproxyError) -> Body:
    code = "invalidParameter" if _is_about_parameter(error) else error.code
    return _envelope(error, [code[:1].lower() + code[1:], error.message])


def _capital_members(error: FeedproxyError) -> Body:
    return _envelope(error, {"Code": _capital_code(error), "Reason": error.message})


def _small_members(error: FeedproxyError) -> Body:
    return _envelope(error, {"code": _capital_code(error), "reason": error.message})


def _oauth(error: FeedproxyError) -> Body:
    code = error.code if error.code in OAUTH_ERRORS else _OAUTH_BY_STATUS.get(error.status, "invalid_request")
    return {"error": code, "error_description": _oauth_text(error.message)}


def _envelope(error: FeedproxyError, shaped: object) -> Body:
    return {"success": False, "statusCode": error.status, "errors": [shaped]}


def _capital_code(error: FeedproxyError) -> str:
    code = "InvalidRequestParameter" if _is_about_parameter(error) else error.code
    return code[:1].upper() + code[1:]


def _is_about_parameter(error: FeedproxyError) -> bool:
    return isinstance(error, BadRequest)


def _oauth_text(message: str) -> str:
    """Keep to the characters that RFC 6749 section 5.2 allows in a description."""
    return re.sub(r"[^ !#-\[\]-~]", "'", message)


_STYLES: dict[str, Callable[[FeedproxyError], Body]] = {
    "calreply-a": _pairs,
    "calreply-b": _capital_members,
    "calreply-c": _small_members,
    "oauth": _oauth,
}
