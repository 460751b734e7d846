"""A database that cannot be used stops the start with one line that names the setting and no password."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from feedproxy.errors import SettingsError
from feedproxy.store import migrate, open_store

SQLITE_FORM = "sqlite:///relative/path or sqlite:////absolute/path is wanted"
ENCODE = "characters such as / \\? # @ in the password must be percent-encoded"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "is wanted"),
        ("feedproxy.db", "is wanted"),
        ("mysql://user:s3cret@host/db", "sqlite:///path or postgresql://user:password@host/name is wanted"),
        ("sqlite://feedproxy.db", SQLITE_FORM),
        ("sqlite:///", SQLITE_FORM),
        ("sqlite:///:memory:", SQLITE_FORM),
        ("sqlite:///feedproxy.db?mode=ro", SQLITE_FORM),
        ("sqlite:////there/is/no/such/folder/feedproxy.db", "cannot make .*: No such file or directory"),
        ("sqlite:////dev/null/feedproxy.db", "cannot make .*: Not a directory"),
        ("sqlite:////dev", "unable to open database file"),
        ("postgresql://user:s3cret/x@host/db", ENCODE),
        ("postgresql://user:s3cret#x@host/db", ENCODE),
        ("postgresql://user:s3cret?x@host/db", ENCODE),
        ("postgresql://user:s3cret@host:port/db", "valid"),
        ("postgresql://user:s3cret@[host/db", "valid"),
        (
            "postgresql://user:s3cret@127.0.0.1/db?sslmode=on",
            "127.0.0.1/db cannot be used: `sslmode` parameter must be one of",
        ),
        ("postgresql://user:s3cret@127.0.0.1:1/db", "127.0.0.1:1/db cannot be used: .*Connect call failed"),
    ],
)
@pytest.mark.parametrize("use", [open_store, migrate])
async def test_a_url_of_no_use_is_refused(use: Callable[[str], Awaitable[object]], url: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"^database_url: .*{message}") as refused:
        await use(url)
    assert "\n" not in refused.value.message
    assert "s3cret" not in refused.value.message


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(SettingsError, match=r"^database_url: .*notes\.txt cannot be used: file is not a database$"):
        await open_store(f"sqlite:///{path}")
    assert path.read_text() == "Dear diary, " * 100
