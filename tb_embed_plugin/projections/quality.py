"""How far a frame may be believed: numbers, each against the layer's own space."""
