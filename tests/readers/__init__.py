"""Readers of feeds that share no code with feedproxy: what a client would show."""
