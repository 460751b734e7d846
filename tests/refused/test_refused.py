"""Each `name.REASON.ics` or `.html` here is refused for that reason. A new file is found by itself."""

from pathlib import Path

import pytest

from feedproxy.errors import FeedRefused
from feedproxy.transform import render

FILES = sorted(path.name for path in Path(__file__).parent.iterdir() if path.suffix in {".ics", ".html"})


def test_every_reason_has_files() -> None:
    assert {name.split(".")[1] for name in FILES} == set(FeedRefused.REASONS)


@pytest.mark.parametrize("name", FILES)
def test_it_is_refused_for_its_reason(name: str) -> None:
    with pytest.raises(FeedRefused) as refusal:
        render((Path(__file__).parent / name).read_bytes())
    assert refusal.value.reason == name.split(".")[1]
    assert "\n" not in refusal.value.message
