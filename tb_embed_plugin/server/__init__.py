"""The endpoints of the server: one function each, and what they parse, encode and share."""
