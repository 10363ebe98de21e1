"""Engines that lay all snapshots of a layer out in one coordinate system.

An engine is given arrays, never paths, and knows nothing of runs or requests.
"""
