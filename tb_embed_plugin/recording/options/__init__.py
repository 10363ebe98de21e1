"""The options of a recording, checked when they are given."""
