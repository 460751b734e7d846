"""Answers to what operators ask: why is this event at this hour, and where did the other one go."""
