"""Ask tzmap from a shell.

python -m tzmap "W. Europe Standard Time"       what it stands for, and why; exit 1 when nobody knows it
python -m tzmap --json "GMT+0530"               the same for a program
python -m tzmap --list                          every Windows id and its zone
"""

import argparse
import difflib
import json
import os
import sys

from tzmap import CLDR_VERSION, TZDATA_EDITION, Resolution, names, resolve
from tzmap.resolution import offset_text


def nearest(tzid: str) -> list[str]:
    """Return the known names most like an unknown one, best first."""
    known = {name.casefold(): name for name in names.known()}
    return [known[name] for name in difflib.get_close_matches(names.clean(tzid).casefold(), known, n=5, cutoff=0.6)]


def show(answer: Resolution) -> str:
    """Return an answer for a person to read."""
    target = answer.zone or (offset_text(answer.offset) if answer.offset is not None else "not known")
    lines = [f"{answer.tzid}: {target}", f"  kind      {answer.kind}", f"  rung      {answer.rung}"]
    lines += [f"  evidence  {sentence}" for sentence in answer.evidence]
    return "\n".join([*lines, f"  data      tzdata {TZDATA_EDITION}, CLDR {CLDR_VERSION}"])


def main(arguments: list[str] | None = None) -> int:
    """Answer on standard output; return 0, 1 for an unknown name, 2 for wrong usage (by argparse)."""
    parser = argparse.ArgumentParser(prog="python -m tzmap", description="Say which IANA zone a TZID stands for.")
    parser.add_argument("name", nargs="?", help="a TZID as found in a calendar")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument("--territory", help="ISO 3166 code to choose among the zones of a Windows id")
    parser.add_argument("--list", action="store_true", help="list every Windows id and its zone")
    options = parser.parse_args(arguments)
    if options.list == (options.name is not None):
        parser.error("give a NAME or --list")
    if options.list:
        table = names.windows_table()
        print(
            json.dumps(table, indent=2)
            if options.json
            else "\n".join(f"{name}\t{zone}" for name, zone in table.items())
        )
        return 0
    answer = resolve(options.name, territory=options.territory)
    near = nearest(options.name) if answer.kind == "keep" else []
    if options.json:
        editions = {"tzdata": TZDATA_EDITION, "cldr": CLDR_VERSION}
        print(
            json.dumps(
                {**answer.as_mapping(), **editions, **({"nearest": near} if near else {})}, ensure_ascii=False, indent=2
            )
        )
    else:
        print(show(answer))
    if answer.kind != "keep":
        return 0
    print(
        f"tzmap: nobody knows {options.name!r}; the nearest known names: {', '.join(near) or 'none'}", file=sys.stderr
    )
    return 1


def run() -> int:
    """Answer the shell; a reader that closes the pipe early (`| head`) has what it wants."""
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains on exit
        return 0
    return code


if __name__ == "__main__":
    sys.exit(run())
