"""Claims of speed and size, each measured against something else in the same run."""
