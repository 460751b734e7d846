"""Purge on change: the caches in front of us are told which feeds have changed, by tag where they have tags."""

from feedproxy.purge.delivery import deliver
from feedproxy.purge.edges import PurgeRequest, requests_for
from feedproxy.purge.purger import Purger
from feedproxy.purge.tokens import with_tokens

__all__ = ["PurgeRequest", "Purger", "deliver", "requests_for", "with_tokens"]
