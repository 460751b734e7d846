"""OAuth2: what is told of tokens. RFC 6749, 7009, 7662, 8414."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from feedproxy.web.field_schemas import Also
from feedproxy.web.operations.form import Answer, AnswerBody, Example, Operation

TAG = "OAuth2"

NOT_STORED = {"Cache-Control": "`no-store`"}


Word = Annotated[str, Field(min_length=1), Also({"type": ["string", "integer"]})]
MaybeWord = Annotated[str | None, WithJsonSchema({"type": ["string", "integer", "null"]})]


class ClientFields(BaseModel):
    """Who asks, for applications that do not send Basic credentials; for those that do, the same again."""

    client_id: MaybeWord = None
    client_secret: MaybeWord = None


class NewTokens(ClientFields):
    """Tokens for the application itself. A refresh token that comes along is used up."""

    grant_type: Literal["client_credentials"]
    refresh_token: MaybeWord = None


class FurtherTokens(ClientFields):
    """Tokens for a refresh token."""

    grant_type: Literal["refresh_token"]
    refresh_token: Word


class OneToken(ClientFields):
    """A token of either kind."""

    token: Word
    token_type_hint: Any = Field(default=None, description="Not needed, and not looked at.")


class TokenAnswer(AnswerBody):
    """A pair of tokens."""

    access_token: str = Field(alias="access_token", description="For `Authorization: Bearer`.")
    token_type: Literal["bearer"] = Field(alias="token_type")
    expires_in: int = Field(alias="expires_in", description="Seconds for which the access token is good.")
    refresh_token: str = Field(alias="refresh_token", description="Good for one refresh.")
    client_id: str = Field(alias="as:client_id")
    issued: str = Field(alias=".issued", description="As in HTTP: `Sat, 21 Nov 2026 12:00:00 GMT`.")
    expires: str = Field(alias=".expires", description="When the access token ends, likewise.")


class Introspected(AnswerBody):
    """What a token is good for (RFC 7662 section 2.2)."""

    active: bool = Field(description="Whether it is good; if not, nothing else is said.")
    client_id: str = Field(default="", alias="client_id")
    token_type: Literal["bearer"] = Field(default="bearer", alias="token_type", description="Of an access token only.")
    exp: int = Field(default=0, description="When it ends, in seconds since 1970.")


class Metadata(AnswerBody):
    """Where clients find what (RFC 8414 section 2)."""

    issuer: str
    token_endpoint: str = Field(alias="token_endpoint")
    token_methods: list[str] = Field(alias="token_endpoint_auth_methods_supported")
    revocation_endpoint: str = Field(alias="revocation_endpoint")
    revocation_methods: list[str] = Field(alias="revocation_endpoint_auth_methods_supported")
    introspection_endpoint: str = Field(alias="introspection_endpoint")
    introspection_methods: list[str] = Field(alias="introspection_endpoint_auth_methods_supported")
    grant_types: list[str] = Field(alias="grant_types_supported")
    response_types: list[str] = Field(alias="response_types_supported")


METHODS = ["client_secret_basic", "client_secret_post"]

OPERATIONS = (
    Operation(
        "POST",
        "/oauth2/token",
        tag=TAG,
        auth="client",
        summary="Obtain or refresh an access token",
        description="An access token is for `Authorization: Bearer`. A refresh token is good for one refresh; used a "
        "second time, it ends every token that came of it. The body is a form or JSON.",
        request=NewTokens | FurtherTokens,
        form=True,
        answers={200: Answer("A new pair of tokens.", TokenAnswer, headers=NOT_STORED)},
        example=Example(
            body={"grant_type": "client_credentials"},
            form=True,
            answer={
                "access_token": "GZrCkAyyEW6bQVTLDb1EYcYv2TxeHAb0sOYLK4YCSK8",
                "token_type": "bearer",
                "expires_in": 299,
                "refresh_token": "4kXWF4W7Q0dDCpTjMgw4h8gLbIPjwjmzGm4tNwDmb7U",
                "as:client_id": "bears-app",
                ".issued": "Sat, 21 Nov 2026 12:00:00 GMT",
                ".expires": "Sat, 21 Nov 2026 12:05:00 GMT",
            },
        ),
    ),
    Operation(
        "POST",
        "/oauth2/revoke",
        tag=TAG,
        auth="client",
        summary="Revoke a token",
        description="A refresh token takes along all that came of it. A token that is not known is revoked already.",
        request=OneToken,
        form=True,
        answers={200: Answer("The token is good for nothing any more.", headers=NOT_STORED)},
        example=Example(body={"token": "4kXWF4W7Q0dDCpTjMgw4h8gLbIPjwjmzGm4tNwDmb7U"}, form=True),
    ),
    Operation(
        "POST",
        "/oauth2/introspect",
        tag=TAG,
        auth="client",
        summary="Ask what a token is good for",
        description="The application's own tokens only; any other is not active.",
        request=OneToken,
        form=True,
        answers={200: Answer("What is known of it.", Introspected, headers=NOT_STORED)},
        example=Example(
            body={"token": "GZrCkAyyEW6bQVTLDb1EYcYv2TxeHAb0sOYLK4YCSK8"},
            form=True,
            answer={"active": True, "client_id": "bears-app", "token_type": "bearer", "exp": 1795262700},
        ),
    ),
    Operation(
        "GET",
        "/.well-known/oauth-authorization-server",
        tag=TAG,
        summary="Find the OAuth2 endpoints",
        answers={200: Answer("RFC 8414 metadata.", Metadata)},
        example=Example(
            answer={
                "issuer": "https://feeds.example.com",
                "token_endpoint": "https://feeds.example.com/oauth2/token",
                "token_endpoint_auth_methods_supported": METHODS,
                "revocation_endpoint": "https://feeds.example.com/oauth2/revoke",
                "revocation_endpoint_auth_methods_supported": METHODS,
                "introspection_endpoint": "https://feeds.example.com/oauth2/introspect",
                "introspection_endpoint_auth_methods_supported": METHODS,
                "grant_types_supported": ["client_credentials", "refresh_token"],
                "response_types_supported": [],
            },
        ),
    ),
)
