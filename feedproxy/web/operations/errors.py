"""Errors: what is told of them, by the shape that a row of the route table names."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from feedproxy.web.calreply_errors import OAUTH_ERRORS
from feedproxy.web.operations.form import AnswerBody

MEANINGS: Mapping[int, str] = {
    400: "A parameter is missing or wrong; the reason names it.",
    401: "Good credentials are needed.",
    403: "The credentials are good, but for something else; or HTTPS is needed.",
    404: "There is no such thing, or it is another's.",
    409: "It contradicts what is there.",
    410: "It was there, and is no more.",
    413: "The body is too large.",
    415: "The body is of a type that is not read here.",
    429: "Too many wrong credentials came from this network, or too many requests of this application. `Retry-After` "
    "says when to come back.",
    500: "Something went wrong here.",
    501: "The operator has not set up what it needs.",
    502: "The upstream gave no usable answer.",
    503: "Nothing can be done now. `Retry-After` says when to come back.",
}

UNAUTHORIZED = {"WWW-Authenticate": "Which credentials are needed, and what was wrong with those that came."}
RETRY = {"Retry-After": "Seconds after which to try again."}


class _Envelope(AnswerBody):
    success: Literal[False]
    status_code: int = Field(description="The HTTP status.")


class PairErrors(_Envelope):
    """Shape A: each error is a pair of code and reason."""

    errors: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(
        examples=[[["invalidParameter", "calendar code is required"]]]
    )


class CapitalError(AnswerBody):
    """One error of shape B."""

    code: str = Field(alias="Code", examples=["InvalidRequestParameter"])
    reason: str = Field(alias="Reason")


class CapitalErrors(_Envelope):
    """Shape B: each error is an object whose members begin with a capital."""

    errors: list[CapitalError]


class SmallError(AnswerBody):
    """One error of shape C."""

    code: str = Field(examples=["InvalidRequestParameter"])
    reason: str = Field(examples=["event id parameter is missing"])


class SmallErrors(_Envelope):
    """Shape C: each error is an object whose members begin with a small letter."""

    errors: list[SmallError]


class OAuthError(AnswerBody):
    """RFC 6749 section 5.2."""

    error: str = Field(examples=sorted(OAUTH_ERRORS))
    error_description: str = Field(alias="error_description")


ERRORS: Mapping[str, Any] = {
    "calreply-a": PairErrors,
    "calreply-b": CapitalErrors,
    "calreply-c": SmallErrors,
    "oauth": OAuthError,
}
"""The models by the name of the shape; one that is not here has no body."""
