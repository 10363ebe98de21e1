"""Metrics of a representation: its quality, its drift, and the samples worth a look.

Arrays in, numbers out; nothing here knows of runs.

Labels are codes, int (n_samples,), 0 to n_classes - 1, negative where a sample has none; such
samples count for nothing that needs a label. A number that the data do not define is NaN.
"""
