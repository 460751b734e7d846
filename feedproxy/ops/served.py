"""How the service transforms a feed, and how long it is fresh, as its settings say."""

from datetime import timedelta

from feedproxy.config import Settings
from feedproxy.policy.freshness import Bounds
from feedproxy.transform import Options
from feedproxy.transform.chosen import chosen_steps
from feedproxy.transform.profiles import profile
from feedproxy.transform.revision import Revision
from feedproxy.transform.rewrite import Prefix


def served_options(settings: Settings) -> Options:
    """Return what is done to the body of every source."""
    return Options(
        placeholder=True,
        bind_floating=settings.bind_floating,
        steps=chosen_steps(
            past_days=settings.past_days,
            rewrites=[Prefix("SUMMARY", settings.title_prefix)] if settings.title_prefix else [],
            without_alarms=settings.drop_alarms,
            only_busy=settings.busy_only,
        ),
        revision=Revision(settings.transform_revision),
        profile=profile(settings.profile),
    )


def freshness_bounds(settings: Settings) -> Bounds:
    """Return what the settings say of how long feeds are fresh."""
    return Bounds(
        default=timedelta(seconds=settings.freshness_default),
        least=timedelta(seconds=settings.freshness_min),
        most=timedelta(seconds=settings.freshness_max),
    )
