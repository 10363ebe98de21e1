"""What answers requests: one function an endpoint, and what they parse, encode and share."""
