"""The lossless editor of .xlsx files; knows nothing of Collect."""
