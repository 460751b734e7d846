"""What the commands for accounts and what is in them share: options into models, records onto the terminal."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
from pydantic.alias_generators import to_camel

from feedproxy.admin import accounts
from feedproxy.admin.fields import Model, ShownModel, read
from feedproxy.admin.tags import ShownTag
from feedproxy.cli.settings import opened_store, read_settings
from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import Account
from feedproxy.serverkey import secret_key
from feedproxy.store import Store

T = TypeVar("T")

account_argument = click.argument("account", metavar="ACCOUNT")
json_option: Callable[[click.decorators.FC], click.decorators.FC] = click.option(
    "--json", "machine", is_flag=True, help="For programs."
)


def run(file: Path | None, work: Callable[[Store, bytes], Awaitable[T]]) -> T:
    """Do something with the store and the server's key."""

    async def done() -> T:
        settings = read_settings(file)
        async with opened_store(settings) as store:
            return await work(store, await secret_key(settings, store))

    return asyncio.run(done())


async def account_of(store: Store, code: str) -> Account:
    """Return the account of that code. Raises NotFound with the command that makes it."""
    with hint(f"`feedproxy account add {code}` makes it"):
        return await accounts.wanted(store, code)


@contextmanager
def hint(help_: str) -> Iterator[None]:
    """Say what helps behind the message of a NotFound."""
    try:
        yield
    except NotFound as error:
        raise NotFound(f"{error.message}; {help_}") from None


def given(model: type[Model], **more: object) -> Model:
    """Make a model of the command's options and arguments of its fields' names, and of `more`.

    Raises BadRequest that names the option which is wrong.
    """
    values = {name: value for name, value in click.get_current_context().params.items() if value not in (None, ())}
    fields = {to_camel(name): value for name, value in (values | more).items() if name in model.model_fields}
    return read(model, fields, label=_label)


def given_change(model: type[Model], **more: object) -> Model:
    """Make a model as `given` does. Raises BadRequest also if nothing was given."""
    change = given(model, **more)
    if not change.model_fields_set:
        raise BadRequest(f"nothing is to be changed; `{click.get_current_context().command_path} --help` says what can")
    return change


def _label(field: str) -> str:
    for parameter in click.get_current_context().command.params:
        if to_camel(parameter.name or "") == field:
            return parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    return field


def print_list(records: Sequence[ShownModel], *columns: str, machine: bool) -> None:
    """Print records: a line each with these fields, or as one JSON array."""
    if machine:
        click.echo(json.dumps([_as_json(each) for each in records], indent=2, ensure_ascii=False))
        return
    rows = [[_words(getattr(each, column)) for column in columns] for each in records]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(map(str.ljust, row, widths)).rstrip())


def print_record(record: ShownModel, *, machine: bool, **instead: object) -> None:
    """Print a record: a line for each field, or as a JSON object; `instead` has what fields hold instead."""
    if machine:
        shown = _as_json(record) | {to_camel(name): value for name, value in instead.items()}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    fields = {name: getattr(record, name) for name in type(record).model_fields} | instead
    width = max(map(len, fields))
    for name, value in fields.items():
        lines = _words(value).splitlines() or [""]
        click.echo(f"{name.replace('_', ' '):{width}}  {lines[0]}".rstrip())
        for line in lines[1:]:
            click.echo(f"{'':{width}}  {line}".rstrip())


def _as_json(record: ShownModel) -> dict[str, object]:
    return record.model_dump(mode="json", by_alias=True)


def _words(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case ShownTag():
            return value.text
        case dict():
            return "\n".join(f"{name}: {each}" for name, each in value.items())
        case tuple():
            return ", ".join(map(_words, value))
        case _:
            return str(value)
