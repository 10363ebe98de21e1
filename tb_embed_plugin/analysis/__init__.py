"""What is measured of a run's layers: composes `runs`, `metrics` and exact neighbours."""
