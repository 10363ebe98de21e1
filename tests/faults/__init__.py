"""What the package writes, where somebody or something is against it."""
