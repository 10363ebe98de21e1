"""`tb-embed place`: new samples among those of a run, by the models that were kept with it."""
