"""The examples in tzmap's documentation are true."""

import doctest
import importlib
import pkgutil
from pathlib import Path
from typing import get_args

import pytest

import tzmap

MODULES = [name for _, name, _ in pkgutil.iter_modules(tzmap.__path__, "tzmap.") if name != "tzmap.__main__"]


@pytest.mark.parametrize("name", ["tzmap", *MODULES])
def test_examples_in_docstrings(name: str) -> None:
    # "tzmap.resolve" is a function once the package is imported: ask for the module itself
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_in_the_readme() -> None:
    readme = Path(tzmap.__file__).with_name("README.md")
    done = doctest.testfile(str(readme), module_relative=False)
    assert (done.failed, done.attempted > 5) == (0, True)


def test_the_readme_names_every_kind_of_answer() -> None:
    readme = Path(tzmap.__file__).with_name("README.md").read_text()
    assert all(f"| `{kind}` |" in readme for kind in get_args(tzmap.Kind))
