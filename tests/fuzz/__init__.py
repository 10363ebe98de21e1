"""Bytes of every kind into every reader and route."""
