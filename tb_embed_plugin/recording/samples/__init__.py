"""The recorded samples: inputs in all their forms, metadata columns and thumbnails."""
