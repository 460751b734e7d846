"""An operation's example as a line for a shell, which has set $API and what the credentials are made of."""

import json
import re
import shlex
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from feedproxy.web.operations.form import Auth, Operation
from feedproxy.web.operations.paths import PATH_PARAMETERS

_CREDENTIALS: Mapping[Auth, str] = {
    "none": "",
    "feed": "",
    "client": '-u "$ID:$SECRET"',
    "bearer": '-H "Authorization: Bearer $TOKEN"',
    "admin": '-H "Authorization: Bearer $ADMIN_TOKEN"',
}


def curl_line(operation: Operation) -> str:
    """Return the line; a JSON body takes several."""
    example = operation.example
    method = "" if operation.method == _method_by_itself(operation) else f"-X {operation.method}"
    url = f'"$API{example_path(operation)}"'
    words = [" ".join(word for word in ("curl", method, url) if word), _CREDENTIALS[operation.auth]]
    if example.form:
        words += [f"-d {shlex.quote(f'{name}={quote(value)}')}" for name, value in example.body.items()]
    elif example.body is not None:
        words.append(f"-d {shlex.quote(json.dumps(example.body, indent=2, ensure_ascii=False))}")
    return " \\\n  ".join(word for word in words if word)


def example_path(operation: Operation) -> str:
    """Return the path and query of the operation's example, percent-encoded."""
    values = {name: parameter.example for name, parameter in PATH_PARAMETERS.items()} | dict(operation.example.path)
    segments = {name: quote(value, safe="") for name, value in values.items()}
    query = f"?{urlencode(operation.example.query)}" if operation.example.query else ""
    return re.sub(r"\[.*?\]", "", operation.template).format_map(segments) + query


def _method_by_itself(operation: Operation) -> str:
    return "GET" if operation.example.body is None else "POST"
