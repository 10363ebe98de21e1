"""`tb-embed mcp`: what language models and other programs ask of a log directory."""
