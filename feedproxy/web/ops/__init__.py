"""The pages for operators, and the same as JSON."""
