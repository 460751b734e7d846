"""How the service transforms a feed, as its settings say."""

from feedproxy.config import Settings
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
