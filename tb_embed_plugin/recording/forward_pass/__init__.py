"""The forward pass over the samples: compiled, in batches, within the memory there is."""
