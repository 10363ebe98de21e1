"""How many small faults, put into the package one at a time, its tests notice."""
