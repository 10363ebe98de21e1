"""The training side: which samples and layers are recorded, when, and where."""
