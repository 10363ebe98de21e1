"""`tb-embed check`, `metrics` and `findings`: what people read, and the same as JSON."""
