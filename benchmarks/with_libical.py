"""The job of `render` done by libical in C: `libical_peer.c`, compiled against the libical-dev of the system."""

import shutil
import subprocess
from pathlib import Path

from feedproxy.model import PersonalEvent
from feedproxy.transform import personal

_SOURCE = Path(__file__).with_name("libical_peer.c")


class Libical:
    """The compiled peer, in a folder of its own."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._folder = program.parent

    def transform(self, body: bytes, events: list[PersonalEvent], zones: dict[str, str]) -> float:
        """Transform a feed; return the CPU seconds that it took, start of the process and reading of files apart."""
        feed, added = self._folder / "feed.ics", self._folder / "events.ics"
        feed.write_bytes(body)
        texts = b"".join(personal.component(event).text for event in events)
        added.write_bytes(b"BEGIN:VCALENDAR\r\n" + texts + b"END:VCALENDAR\r\n")
        pairs = [name for pair in zones.items() for name in pair]
        ran = subprocess.run([self._program, feed, added, *pairs], check=True, capture_output=True, text=True)  # noqa: S603
        return float(ran.stdout.split()[0])


def compiled(folder: Path) -> Libical | None:
    """Compile the peer; return None where there is no C compiler, or no libical-dev."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    program = folder / "libical_peer"
    if compiler is None or subprocess.run([compiler, "-O2", "-o", program, _SOURCE, "-lical"], check=False).returncode:  # noqa: S603
        return None
    return Libical(program)
