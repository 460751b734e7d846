"""One file a revision, in order. A released one is never edited."""
