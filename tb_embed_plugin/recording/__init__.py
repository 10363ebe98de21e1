"""The training side: what to record, when, and from which samples."""
