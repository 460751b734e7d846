"""The edges' secrets: written in the settings, or in a file of their own."""

import re
from collections.abc import Iterable, Iterator

from feedproxy.config import Edge
from feedproxy.errors import SettingsError


def with_tokens(edges: Iterable[Edge]) -> Iterator[tuple[Edge, str]]:
    """Yield each edge with its token. Raises SettingsError for a file that cannot be read or has no token in it."""
    for number, edge in enumerate(edges):
        if edge.token_file is None:
            yield edge, edge.token.get_secret_value()
            continue
        place = f"edges[{number}].token_file: {edge.token_file}"
        try:
            token = edge.token_file.read_text("ascii").strip()
        except OSError as error:
            raise SettingsError(f"{place}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            token = ""
        if not re.fullmatch(r"[!-~]+", token):
            raise SettingsError(f"{place}: one line of printable ASCII without spaces is wanted")
        yield edge, token
