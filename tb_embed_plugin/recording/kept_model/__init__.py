"""The models of snapshots: kept while a training is recorded, loaded again to place samples."""
