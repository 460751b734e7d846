"""Each part of the API has its own shape of errors, and each says the HTTP status."""

import pytest

from feedproxy.errors import BadRequest, FeedproxyError, Forbidden, NotFound, Unauthorized
from feedproxy.web import calreply_errors

MISSING = BadRequest("event id parameter is missing")


@pytest.mark.parametrize(
    ("style", "error"),
    [
        ("calreply-a", ["invalidParameter", "event id parameter is missing"]),
        ("calreply-b", {"Code": "InvalidRequestParameter", "Reason": "event id parameter is missing"}),
        ("calreply-c", {"code": "InvalidRequestParameter", "reason": "event id parameter is missing"}),
    ],
)
def test_a_wrong_parameter_looks_as_in_the_reference(style: str, error: object) -> None:
    assert calreply_errors.body(style, MISSING) == {"success": False, "statusCode": 400, "errors": [error]}


@pytest.mark.parametrize("style", ["calreply-a", "calreply-b", "calreply-c"])
def test_other_errors_keep_the_casing_of_the_shape(style: str) -> None:
    for error, code in (NotFound("x"), "notFound"), (Forbidden("x"), "forbidden"), (FeedproxyError("x"), "serverError"):
        body = calreply_errors.body(style, error)
        expected = code if style == "calreply-a" else code[0].upper() + code[1:]
        assert expected in str(body["errors"])
        assert body["statusCode"] == error.status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MISSING, "invalid_request"),
        (BadRequest("x", code="invalid_grant"), "invalid_grant"),
        (BadRequest("x", code="unsupported_grant_type"), "unsupported_grant_type"),
        (Unauthorized("x", challenge="Basic"), "invalid_client"),
        (FeedproxyError("x"), "server_error"),
    ],
)
def test_oauth_errors_are_those_of_rfc_6749(error: FeedproxyError, code: str) -> None:
    assert calreply_errors.body("oauth", error) == {"error": code, "error_description": error.message}


def test_oauth_descriptions_hold_only_what_rfc_6749_allows() -> None:
    body = calreply_errors.body("oauth", BadRequest('a "quoted" back\\slash, ü and \n'))
    assert body["error_description"] == "a 'quoted' back'slash, ' and '"
