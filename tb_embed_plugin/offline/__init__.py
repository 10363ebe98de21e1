"""A projection as one HTML page that plays without a server."""
