"""One recorded training: its run, its snapshots, and what the user is told."""
