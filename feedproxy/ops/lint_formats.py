"""What `lint` has found, for people, programs, GitHub's annotations, and everything that reads SARIF."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

import feedproxy
from feedproxy.ops.lint import Finding, Lint
from feedproxy.ops.paint import PLAIN, Paint
from feedproxy.ops.rules import RULES, SEVERITIES, Rule

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_text(lint: Lint, paint: Paint = PLAIN) -> str:
    """Return lines for a person: what is wrong where, and at the end each rule with whom it hurts and what helps."""
    return "".join(line + "\n" for line in _text(lint, paint))


def as_json(lint: Lint) -> dict[str, object]:
    """Return the same as values that `json.dumps` writes."""
    return {
        "target": lint.target,
        "counts": {severity: _count(lint, severity) for severity in SEVERITIES},
        "rules": [rule_as_json(RULES[rule]) | {"count": lint.counts[rule]} for rule in _met(lint)],
        "findings": [finding_as_json(finding) for finding in lint.findings],
    }


def finding_as_json(finding: Finding) -> dict[str, object]:
    """Return one finding."""
    return {
        "rule": finding.rule.id,
        "severity": finding.rule.severity,
        "line": finding.line,
        "offset": finding.offset,
        "uid": finding.uid or None,
        "text": finding.text,
    }


def rule_as_json(rule: Rule) -> dict[str, object]:
    """Return one line of the table."""
    return {
        "id": rule.id,
        "severity": rule.severity,
        "title": rule.title,
        "clients": rule.clients,
        "fix": rule.fix,
        "clause": rule.clause or None,
        "mended_by": rule.mended or None,
    }


def table(paint: Paint = PLAIN) -> str:
    """Return the rules for a person."""
    return "".join(line + "\n" for rule in RULES.values() for line in (*_rule_lines(rule, paint), ""))


def as_github(lint: Lint) -> str:
    """Return workflow commands, which GitHub shows beside the lines."""
    return "".join(
        f"::{_GITHUB[finding.rule.severity]} file={_property(lint.target)},line={finding.line},"
        f"title={_property(finding.rule.id)}::{_data(_message(finding))}\n"
        for finding in lint.findings
    )


def as_sarif(lint: Lint) -> dict[str, object]:
    """Return a log of SARIF 2.1.0 with one run."""
    rules = [RULES[rule] for rule in _met(lint)]
    driver = {
        "name": "feedproxy lint",
        "semanticVersion": feedproxy.__version__,
        "rules": [
            {
                "id": rule.id,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": f"{rule.title} Whom it hurts: {rule.clients}."},
                "help": {"text": f"{rule.fix} {rule.clause}".strip()},
                "defaultConfiguration": {"level": rule.severity},
            }
            for rule in rules
        ],
    }
    results = [_result(finding, rules.index(finding.rule), lint.target) for finding in lint.findings]
    run = {"tool": {"driver": driver}, "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, rule: int, target: str) -> dict[str, object]:
    region = {"startLine": finding.line, "byteOffset": finding.offset}
    place = {"artifactLocation": {"uri": quote(target, safe="/:@?&=+%.~-_")}, "region": region}
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": rule,
        "level": finding.rule.severity,
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": place}],
    }


def _text(lint: Lint, paint: Paint) -> Iterator[str]:
    width = max((len(str(finding.line)) for finding in lint.findings), default=1)
    for finding in lint.findings:
        severity = severity_painted(finding.rule, paint) + " " * (7 - len(finding.rule.severity))
        place = f"{lint.target}:{finding.line}:"
        found = f": {shown}" if (shown := _shown(finding)) else ""
        yield f"{place:<{len(lint.target) + width + 2}} {severity} {paint.name(finding.rule.id)}{found}"
    if lint.findings:
        yield ""
    for rule in _met(lint):
        times = lint.counts[rule]
        named = sum(finding.rule.id == rule for finding in lint.findings)
        more = f", of which the first {named} are named" if named < times else ""
        head, *others = _rule_lines(RULES[rule], paint)
        yield f"{head} ({times} times{more})" if times > 1 else head
        yield from others
    if lint.findings:
        yield ""
    yield _summary([(severity, _count(lint, severity)) for severity in SEVERITIES])


def _summary(counts: Sequence[tuple[str, int]]) -> str:
    said = [f"{count} {severity}{'s' if count > 1 else ''}" for severity, count in counts if count]
    return ", ".join(said) or "nothing is wrong"


def _rule_lines(rule: Rule, paint: Paint) -> Iterable[str]:
    yield f"{paint.name(rule.id)}: {rule.title}"
    yield f"    hurts   {rule.clients}"
    yield f"    fix     {rule.fix}" + (paint.dim(f"  [{rule.clause}]") if rule.clause else "")
    if rule.mended:
        yield f"    served  mended by {rule.mended!r}"


def severity_painted(rule: Rule, paint: Paint) -> str:
    """Return the severity of a rule in its colour."""
    colour = {"error": paint.bad, "warning": paint.doubtful, "note": paint.dim}[rule.severity]
    return colour(rule.severity)


def _met(lint: Lint) -> list[str]:
    """Return the rules that do not hold, the gravest first, then in the order of the table."""
    return sorted(
        (rule for rule in RULES if rule in lint.counts), key=lambda rule: SEVERITIES.index(RULES[rule].severity)
    )


def _count(lint: Lint, severity: str) -> int:
    return sum(count for rule, count in lint.counts.items() if RULES[rule].severity == severity)


def _shown(finding: Finding) -> str:
    whose = f"(UID {finding.uid})" if finding.uid and finding.uid not in finding.text else ""
    return "  ".join(filter(None, (finding.text, whose)))


def _message(finding: Finding) -> str:
    rule = finding.rule
    found = f" Found: {_shown(finding)}." if finding.text or finding.uid else ""
    return f"{rule.title}{found} Whom it hurts: {rule.clients}. {rule.fix}"


_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
