"""What the documentation tells of a route: the form that every route's description has.

An operation is an OpenAPI 3.1 operation object in our terms. `feedproxy.web.openapi` turns it into one and adds what
follows from the row of the route table and from the kind of authentication: path parameters, error answers and their
shape. A new route needs a row in `routes`, an `Operation` in the module of its tag, beside this one, and, if a
`{name}` in its template is new, a `Parameter` in `PATH_PARAMETERS`:

    Operation(
        "POST",
        "/subscriptionevent/{account_code}",
        tag="Subscription events",
        auth="bearer",
        summary="Create or update an event",
        description="Markdown, a paragraph or two; may be left out.",
        request=SubscriptionEventRequest,       # the pydantic model that validates the body
        answers={202: Answer("The event is stored.", headers={"X-Job-Id": "Names the job, see `GET /jobs/{jobId}`."})},
        example=Example(body={"event": {...}, "subscriptionIds": [...]}, status=202),
    )

Models are whatever pydantic can describe: requests as they are validated; answers as they are sent, by `AnswerBody`s or
lists of them. Tests hold each example against its schema and send it to a running service, so an example is a request
that works on the stage of `tests/web/api_stage.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Auth = Literal["none", "bearer", "client", "feed", "admin"]
"""Who may ask: anybody; who has an access token; an application, by id and secret; who knows a feed's password, if it
has one; who has the administrator's token."""

Json = Any
"""A JSON value or a JSON Schema."""


class AnswerBody(BaseModel):
    """A JSON object that is sent: members in camelCase; one that may be missing has a default; there are no others."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a path or query: what it says, what it may be (a JSON Schema), and one that works."""

    name: str
    description: str
    example: str
    schema: Mapping[str, Json] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: when it is given, the model of its JSON body (None: another body, or none at all), and its fields.

    A body that is not JSON has a `media_type` and no model; `media_type=None` means an empty body.
    """

    description: str
    model: Any = None
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    otherwise: Mapping[str, Any] = field(default_factory=dict)
    """Models by media type, of what an application may prefer to be answered."""


@dataclass(frozen=True, slots=True)
class Example:
    """A request that works, and its answer.

    `path` names what differs from the examples of the parameters. `body` is JSON, or the fields of a form if `form` is
    set. `answer` is the JSON body, or text in which `...` stands for what is not shown; ids and tokens of 22 characters
    or more only have to look alike.
    """

    status: int = 200
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    form: bool = False
    answer: Json = None
    beginning: bool = False
    """Whether the JSON answer has further members or items."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is told of a route. `answers` has the good ones and those errors that need words of their own.

    `errors` are further statuses of errors that the route gives: 400 and so on; what every route of its kind of
    authentication, or with a body, may answer is added without being named here.
    """

    method: str
    template: str
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    example: Example
    auth: Auth = "none"
    description: str = ""
    request: Any = None
    form: bool = False
    """Whether the body may be a form as well as JSON."""
    body_needed: bool = True
    query: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    lacks: str = ""
    """What it does not do yet, for the table of routes."""
