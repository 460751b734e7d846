"""Decisions as values: freshness, validators, publish-or-keep, access, egress. Pure."""
