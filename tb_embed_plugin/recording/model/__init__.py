"""The trained model: its layers, outputs and weights, and how activations become rows."""
