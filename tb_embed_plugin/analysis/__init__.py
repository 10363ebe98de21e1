"""Metrics of a run's layers: composes `runs`, `metrics` and exact neighbors."""
