"""What a step's representation is worth: arrays in, numbers out; knows nothing of runs."""
