"""Operation: what is told of the pages for those who run the service."""

from typing import Literal

from feedproxy.web.operations.form import Answer, AnswerBody, Example, Operation

TAG = "Health"


class Alive(AnswerBody):
    """The process turns."""

    status: Literal["alive"]


class Readiness(AnswerBody):
    """Whether the process can serve, and what of it is in trouble."""

    status: Literal["ready", "not ready"]
    store: str
    cache: str


OPERATIONS = (
    Operation(
        "GET",
        "/healthz",
        tag=TAG,
        summary="Is the process alive?",
        answers={200: Answer("It is.", Alive)},
        example=Example(answer={"status": "alive"}),
    ),
    Operation(
        "GET",
        "/readyz",
        tag=TAG,
        summary="Can it be given work?",
        answers={200: Answer("It can.", Readiness), 503: Answer("It cannot.", Readiness)},
        example=Example(answer={"status": "ready", "store": "ok", "cache": "ok"}),
    ),
    Operation(
        "GET",
        "/metrics",
        tag=TAG,
        summary="Read the counters",
        answers={200: Answer("In Prometheus's text format.", media_type="text/plain")},
        example=Example(answer="# HELP ..."),
    ),
)
