"""The demonstration: a stand-in CalReply upstream, feedproxy in front of it, lines to paste, and a check of it all."""
