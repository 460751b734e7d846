"""The steps that an operator or a caller may choose, in the one order in which a feed goes through unchanged again.

Texts are rewritten before they are looked at, so a tag or a pattern is looked for in what is served. What looks at
whole UID sets comes behind what takes overrides out of them, and what takes texts away comes last: only what busy-only
has taken away cannot be looked for in a feed that goes through again.
"""

from collections.abc import Sequence
from datetime import date

from feedproxy.transform.alarms import drop_alarms
from feedproxy.transform.calendar import Step
from feedproxy.transform.matching import Match, Matching
from feedproxy.transform.privacy import busy_only
from feedproxy.transform.rewrite import Prefix, Replace, Rewrite
from feedproxy.transform.selection import EVERYTHING, Select, Selection
from feedproxy.transform.trim import Trim, TrimBehind


def chosen_steps(
    *,
    since: date | None = None,
    past_days: int = 0,
    rewrites: Sequence[Prefix | Replace] = (),
    selection: Selection = EVERYTHING,
    matches: Sequence[Match] = (),
    without_alarms: bool = False,
    only_busy: bool = False,
) -> tuple[Step, ...]:
    """Return the steps for what was chosen. Raises BadRequest for a rule that cannot be applied.

    `since` is a day of the caller's, `past_days` are reckoned from what the feed says of itself.
    """
    steps: list[Step] = []
    if rewrites:
        steps.append(Rewrite(rewrites))
    if matches:
        steps.append(Matching(matches))
    if selection:
        steps.append(Select(selection))
    if since is not None:
        steps.append(Trim(since))
    if past_days:
        steps.append(TrimBehind(past_days))
    if without_alarms:
        steps.append(drop_alarms)
    if only_busy:
        steps.append(busy_only)
    return tuple(steps)
