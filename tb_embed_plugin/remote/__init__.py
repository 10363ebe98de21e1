"""Logs on object storage, which are copied to this machine and read here."""
