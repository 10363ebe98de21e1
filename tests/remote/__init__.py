"""Logs on object storage: a real S3 server, and fsspec's memory."""
