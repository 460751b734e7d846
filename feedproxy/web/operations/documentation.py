"""Documentation: what is told of itself."""

from feedproxy.web.operations.form import Answer, Example, Operation

TAG = "Documentation"

HEADERS = {"ETag": "Names these octets."}
UNCHANGED = Answer("It is as `If-None-Match` has it.", headers=HEADERS)

OPERATIONS = (
    Operation(
        "GET",
        "/openapi.json",
        tag=TAG,
        summary="Read this as OpenAPI 3.1",
        answers={200: Answer("The document.", dict[str, object], headers=HEADERS), 304: UNCHANGED},
        example=Example(answer={"openapi": "3.1.1"}, beginning=True),
    ),
    Operation(
        "GET",
        "/docs",
        tag=TAG,
        summary="Read it as a page",
        answers={200: Answer("The page.", media_type="text/html", headers=HEADERS), 304: UNCHANGED},
        example=Example(answer="<!doctype html>..."),
    ),
)
