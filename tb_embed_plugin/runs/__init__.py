"""The run directory on disk: what `docs/run_format.md` describes, written and read."""
