"""`python -m tests.fuzz SECONDS FOLDER`: run the fuzzer for so long; its corpus and what it finds are kept in FOLDER.

It starts from the golden pairs. The exit code is that of libFuzzer: not 0 when a law is broken, and the
input is then in a file `crash-...` in FOLDER.
"""

import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["feedproxy.ics", "feedproxy.transform", "tzmap"]):
    from tests.fuzz.laws import hold
from tests.feeds import SAMPLES
from tests.fuzz.mutation import mutated

_LINES_FIRST = 4
"""In so many of five cases lines are changed; else octets, as libFuzzer does."""


def mutate(body: bytes, max_size: int, seed: int) -> bytes:
    """Change a body for the fuzzer."""
    random = Random(seed)
    if random.randrange(5) < _LINES_FIRST:
        return mutated(body, random)[:max_size]
    return bytes(atheris.Mutate(body, len(body)))


def main(seconds: str, folder: Path) -> None:
    """Fuzz."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for n, sample in enumerate(SAMPLES):
        (corpus / f"golden-{n}").write_bytes(sample)
    arguments = [
        f"-max_total_time={seconds}",
        "-max_len=6000",
        "-timeout=60",
        f"-artifact_prefix={folder}/",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *arguments], hold, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
