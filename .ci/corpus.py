"""`python .ci/corpus.py FEEDS ORACLE`: real feeds rendered, and judged by three readers that are not ours.

FEEDS holds .ics files, ORACLE the built oracle: its `oracle.py` tells what each reader sees differently afterwards.
Each file is rendered as found and once more folded anew with CRLF. Every difference must be named by the report of that
very file, a file may be refused only if no reader can show it, and what came out must go through unchanged.
Prints a table, then whatever nothing explains; the exit code is 1 if there is any.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from feedproxy.errors import FeedRefused
from feedproxy.transform import render

Difference = dict[str, Any]
Findings = dict[str, list[Difference]]
"""By reader, what is different to it."""
Report = dict[str, Any]

POLICIES = ("vtimezone", "iana")
"""What readers believe where a VTIMEZONE and the zone of its name disagree."""

WRITTEN_ANYWAY = tuple(
    f"cal-added-prop:{name}" for name in ("METHOD", "NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "X-PUBLISHED-TTL")
)
"""What every feed gets: NAME beside X-WR-CALNAME and so on."""

MEASURES = (
    ("lost alarms", "*lost-alarm/*", "*changed-alarm*", "alarm-*"),
    ("lost X- properties", "*-prop:X-*"),
    ("lost components", "lost-component*"),
    ("changed instants", "changed-instan*", "changed-exdate*", "changed-rdate*", "changed-rrule*", "rrule-rewritten*"),
    ("changed text", "*changed-text*", "*-prop*", "*changed-params*", "changed-uid*", "escaping-changed*"),
    ("other differences", "*"),
)
"""The lines of the table, and the oracle's tags that count for each: the first that fits."""


@dataclass(frozen=True)
class Repair:
    """A rule of our report, the differences that it explains, and whether each of them is counted by the rule."""

    rule: str
    tags: tuple[str, ...]
    counted: bool = False


REPAIRS = (
    Repair("unique/duplicate", ("lost-component*",), counted=True),
    Repair("unique/clash", ("lost-component*",), counted=True),
    Repair("unique/clash", ("changed-*", "*-prop*", "*-alarm*")),  # the readers pair what is left with another of them
    Repair("repair/empty-component", ("lost-component*",), counted=True),
    Repair("repair/uid-missing", ("changed-uid:UID", "added-component*"), counted=True),
    Repair(
        "repair/uid-missing", ("changed-* uid=None", "*-prop:* uid=None"), counted=False
    ),  # two that were paired crosswise
    Repair("repair/dtstamp-missing", ("added-prop:DTSTAMP", "changed-prop:DTSTAMP"), counted=True),
    Repair("repair/method-cancel", ("added-prop:STATUS", "changed-prop:STATUS"), counted=True),
    Repair("repair/method", ("cal-changed-prop:METHOD",), counted=True),
    Repair("repair/version", ("cal-added-prop:VERSION", "cal-changed-prop:VERSION"), counted=True),
    Repair("repair/prodid-missing", ("cal-added-prop:PRODID",), counted=True),
    Repair("repair/head-property-twice", tuple(f"cal-lost-prop:{name}" for name in ("VERSION", "PRODID", "METHOD"))),
    Repair("repair/calendars-joined", ("cal-lost-prop:*", "cal-*-prop:*", "lost-component/VCALENDAR*")),
    Repair("repair/interval-unreadable", ("cal-lost-prop:*", "cal-changed-prop:*"), counted=True),
    Repair("repair/interval-replaced", ("cal-changed-prop:*", "cal-lost-prop:*"), counted=True),
    Repair("repair/x-publish-ttl", ("cal-lost-prop:X-PUBLISH-TTL",), counted=True),
    Repair("repair/rule-separator", ("changed-rrule*", "rrule-rewritten*", "changed-instances*")),
    Repair("repair/rule-case", ("changed-rrule*", "rrule-rewritten*", "changed-instances*")),
    Repair("read/line-dropped", ("*lost-prop:*",), counted=True),
    Repair("read/line-rejoined", ("*changed-text*", "*changed-prop*", "*lost-prop:*", "*added-prop:*")),
    Repair("read/blank-line-in-fold", ("*",)),
    Repair("read/quote-unclosed", ("*-prop*", "*-params*")),
    Repair("read/rule-without-colon", ("lost-prop:?LINE", "changed-rrule*", "changed-instances*", "added-rrule*")),
    Repair("read/not-utf-8", ("*changed-text*", "*-prop*", "*-params*", "changed-uid*", "*-component*", "*-alarm*")),
    Repair("read/control-characters", ("*changed-*", "*-prop*", "*-params*", "*-component*")),
    Repair("read/boundary-run-on", ("*-component*", "*-prop*")),
    Repair("read/boundary-blanks", ("*-component*",)),
    Repair("read/component-outside-calendar", ("added-component*",)),
    Repair("read/end-missing", ("*-component*", "*-alarm*", "*-prop*")),
    Repair("read/stray-end", ("*-component*", "*-alarm*", "*-prop*")),
)
"""Zones are explained by what the report says of each TZID, below."""


def main(feeds: Path, oracle: Path) -> int:
    """Render, judge, print the table and what is unexplained."""
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), oracle)
        for path in sorted(feeds.glob("*.ics")):
            body = path.read_bytes()
            run.render(path.name, body)
            if (folded := folded_anew(body)) != body:
                run.render(f"{path.stem}.folded.ics", folded)
        run.judge()
    run.print_table()
    return 1 if run.unexplained else 0


class Run:
    """All files of one run: `before` and `after` beside each other by name, and what is left to explain."""

    def __init__(self, folder: Path, oracle: Path) -> None:
        self.oracle = oracle
        self.before, self.after, self.refused = (folder / name for name in ("before", "after", "refused"))
        for each in (self.before, self.after, self.refused):
            each.mkdir()
        self.reports: dict[str, Report] = {}
        self.outcomes: Counter[str] = Counter()
        self.explained: Counter[str] = Counter()
        self.unexplained: list[tuple[str, str]] = []

    def render(self, name: str, body: bytes) -> None:
        """Render one file."""
        try:
            rendered = render(body)
            again = render(rendered.body).body
        except FeedRefused as refusal:
            self.outcomes[f"refused: {refusal.reason}"] += 1
            (self.refused / name).write_bytes(body)
            return
        except Exception as error:  # noqa: BLE001 - a crash is what this looks for
            self.unexplained.append(("crashes", f"{name}: {error!r}"))
            return
        self.outcomes["rendered"] += 1
        if again != rendered.body:
            self.unexplained.append(("changed when rendered again", name))
        self.reports[name] = rendered.report.to_json()
        (self.before / name).write_bytes(body)
        (self.after / name).write_bytes(rendered.body)

    def judge(self) -> None:
        """Ask the oracle: of refused files whether a reader can show them, of others what is different."""
        for name, found in self._batch(self.refused, self.refused, "vtimezone").items():
            seen = {reader for reader, differences in found.items() if not any(map(_unread, differences))}
            if seen:
                self.unexplained.append(("refused although a reader can show it", f"{name}: {', '.join(seen)}"))
        by_rules, by_name = (self._batch(self.before, self.after, policy) for policy in POLICIES)
        for name, report in self.reports.items():
            verdict = explain(report, by_rules[name], by_name[name])
            if verdict.unexplained:  # the readers keep state from file to file: what is said of it alone counts
                verdict = explain(report, *(self._alone(name, policy) for policy in POLICIES))
            self.outcomes.update(f"source not readable by {reader}" for reader in verdict.unread)
            self.explained.update(verdict.explained)
            self.unexplained += [(measure, f"{name} {what}") for measure, what in verdict.unexplained]

    def _batch(self, before: Path, after: Path, policy: str) -> dict[str, Findings]:
        return dict(self._asked("--batch", before, after, "--jobs", "2", "--tz-policy", policy))

    def _alone(self, name: str, policy: str) -> Findings:
        ((_, findings),) = self._asked(self.before / name, self.after / name, "--tz-policy", policy)
        return findings

    def _asked(self, *arguments: str | Path) -> Iterator[tuple[str, Findings]]:
        results = self.before.parent / "results.jsonl"
        subprocess.run(  # noqa: S603 - our own arguments
            [self.oracle / "venv/bin/python", self.oracle / "oracle.py", "-q", "--json", results, *arguments],
            check=False,
            stdout=subprocess.DEVNULL,
        )
        for line in results.read_text("utf-8").splitlines():
            result = json.loads(line)
            yield result["name"], {reader: [*r["diffs"]] for reader, r in result["res"].items()}

    def print_table(self) -> None:
        """Print what was found, as counts of what the three readers see."""
        print(*(f"{count:6} {outcome}" for outcome, count in sorted(self.outcomes.items())), sep="\n", end="\n\n")
        wrong = Counter(measure for measure, _ in self.unexplained)
        measures = ["crashes", "refused although a reader can show it", "changed when rendered again"]
        print("| measure | not explained | explained by the file's report |\n| --- | --- | --- |")
        for measure in (*measures, *(name for name, *_ in MEASURES)):
            print(f"| {measure} | {wrong[measure]} | {self.explained[measure]} |")
        print(*(f"{measure}: {what[:400]}" for measure, what in self.unexplained), sep="\n")


@dataclass
class Verdict:
    """Of one file: who could not read the source, and by measure what its report explains and what it does not."""

    unread: list[str]
    explained: list[str]
    unexplained: list[tuple[str, str]]


def explain(report: Report, by_rules: Findings, by_name: Findings) -> Verdict:
    """Hold what each reader sees against the report.

    `by_rules`: where the readers believe the VTIMEZONEs, `by_name`: where they believe the names of zones.
    """
    verdict = Verdict([], [], [])
    changes = {f"{change['step']}/{change['rule']}": int(change["count"]) for change in report["changes"]}
    for reader, differences in by_rules.items():
        left = dict(changes)
        settled = {_key(difference) for difference in differences} - {
            _key(difference) for difference in by_name[reader]
        }
        others = [found for each, found in by_rules.items() if each != reader and not any(map(_unread, found))]
        for difference in differences:
            tag = difference["tag"]
            if difference["class"] in {"parse-before-fails", "parse-both-fail"}:
                verdict.unread.append(reader)
                continue
            measure = next(name for name, *tags in MEASURES if any(fnmatchcase(tag, each) for each in tags))
            if (
                tag in WRITTEN_ANYWAY
                or (measure == "changed instants" and zone_explains(difference, report, _key(difference) in settled))
                or repair_explains(difference, changes, left)
                or reading_explains(difference, differences, others)
            ):
                verdict.explained.append(measure)
            else:
                what = f"[{reader}] {tag} {difference['comp']}: {difference['before']} -> {difference['after']}"
                verdict.unexplained.append((measure, what))
    return verdict


def folded_anew(body: bytes) -> bytes:
    """Return a body with CRLF everywhere and long lines folded, as most of these files were before they were kept."""
    lines = re.split(rb"\r\n|\n|\r", body)
    return b"\r\n".join(b"\r\n ".join(re.findall(rb"(?s).{1,70}(?![\x80-\xbf])", line)) or line for line in lines)


def repair_explains(difference: Difference, changes: dict[str, int], left: dict[str, int]) -> bool:
    """Tell whether the report names a repair that does this. A counted one explains no more than are `left` of it."""
    where = f"{difference['tag']} {difference['comp']}"
    for repair in REPAIRS:
        known = left if repair.counted else changes
        if known.get(repair.rule, 0) > 0 and any(fnmatchcase(where, f"{each} *") for each in repair.tags):
            left[repair.rule] -= repair.counted
            return True
    return False


def reading_explains(difference: Difference, differences: list[Difference], others: list[list[Difference]]) -> bool:
    """Tell whether nothing has changed but what a reader makes of it.

    What it sees only afterwards, another one has seen before: a reader of CR, say. Components without a UID that are
    gone to it are there under a UID that we have given them.
    """
    if difference["class"] in {"added-prop", "cal-added-prop", "added-component"}:
        return any(_key(difference) not in map(_key, found) for found in others)
    if difference["class"] == "lost-component" and " uid=None " in difference["comp"]:
        lost = sum(d["class"] == "lost-component" and " uid=None " in str(d["comp"]) for d in differences)
        return bool(lost <= sum(map(_is_named_by_us, differences)))
    return False


def zone_explains(difference: Difference, report: Report, settled_by_name: bool) -> bool:
    """Tell whether the report says of a TZID what this reader sees of it.

    A TZID that the reader could not resolve, and we did; a name and a definition that disagree; a definition that
    cannot be used, or that has an empty name. `settled_by_name`: the reader sees no difference once it believes the
    names rather than the definitions.
    """
    zones = report["zones"]
    unresolved = re.findall(r"'\?:(.*?):\d{4}-\d\d-\d\d", repr(difference["before"]))
    if unresolved:
        return set(map(plain, unresolved)) <= {plain(zone["written"]) for zone in zones}
    defined = [zone for zone in zones if zone["defined"]]
    return bool(defined) and (
        settled_by_name
        or any(
            zone["resolution"]["disagreement"] or "cannot be used" in "".join(zone["resolution"]["evidence"])
            for zone in zones
        )
        or any(not plain(zone["written"]) for zone in defined)
    )


def plain(tzid: str) -> str:
    """Return a TZID without quotes and blanks about it."""
    return tzid.strip().strip('"').strip()


def _is_named_by_us(difference: Difference) -> bool:
    return difference["class"] == "added-component" and str(difference["after"]).endswith("@feedproxy")


def _key(difference: Difference) -> tuple[str, str]:
    return str(difference["tag"]), str(difference["comp"])


def _unread(difference: Difference) -> bool:
    return str(difference["class"]).startswith("parse-")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
