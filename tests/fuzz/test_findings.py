"""Each file in `findings` broke a law when the fuzzer met something like it; its name says which. It holds now."""

from pathlib import Path
from random import Random

import pytest

from tests.feeds import SAMPLES
from tests.fuzz.laws import hold
from tests.fuzz.mutation import mutated

FINDINGS = sorted(Path(__file__).parent.glob("findings/*.ics"))


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_what_the_fuzzer_found_holds_now(path: Path) -> None:
    hold(path.read_bytes())


def test_the_laws_hold_for_a_few_of_the_fuzzer_s_own_bodies() -> None:
    random = Random(1)
    for _ in range(300):
        hold(mutated(random.choice(SAMPLES), random))
