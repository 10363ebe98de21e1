"""`tb-embed import`: activations that others saved as plain files, made a run of ours."""
