"""One run recorded by several workers: each writes its part, the chief joins them."""
