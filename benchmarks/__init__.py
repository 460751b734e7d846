"""Speed as ratios of two things measured in one run: machines are noisy, ratios are not."""
