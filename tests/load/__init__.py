"""Many clients at once against a real TensorBoard, while a training writes."""
