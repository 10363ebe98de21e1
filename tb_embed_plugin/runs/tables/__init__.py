"""Tables of metadata: how they are written, and what their columns hold."""
