"""TensorFlow checkpoints on disk: one format, its reader and its writer."""
