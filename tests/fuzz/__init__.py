"""The transformation under a fuzzer: `make fuzz SECONDS=1200`. What it found is kept in `findings`."""
