"""The README lists every route, in the order of the documentation, and what it does not do yet."""

from pathlib import Path

from feedproxy.web.openapi import document_path
from feedproxy.web.operations import OPERATIONS
from feedproxy.web.routes import API

README = Path(__file__).parents[1] / "README.md"
WHO = {
    "none": "anybody",
    "bearer": "access token",
    "client": "client id and secret",
    "feed": "anybody, or the feed's login",
    "admin": "`admin_token`",
}


def table() -> str:
    """The table of routes; this is what to put into the README."""
    prefixed = {(row.method, row.template) for row in API}
    told = sorted(OPERATIONS, key=lambda each: (each.method, each.template) not in prefixed)
    lines = ["| request | for | does | state |", "| --- | --- | --- | --- |"]
    for each in told:
        template = document_path(each.template)
        state = each.lacks or "complete"
        lines.append(f"| `{each.method} {template}` | {WHO[each.auth]} | {each.summary} | {state} |")
    return "\n".join(lines) + "\n"


def test_the_readme_lists_every_route() -> None:
    assert table() in README.read_text("utf-8"), f"put this into the README:\n{table()}"
