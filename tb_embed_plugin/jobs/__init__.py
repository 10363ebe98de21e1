"""Work that takes longer than a request: a queue of workers, and the cache that they fill."""
