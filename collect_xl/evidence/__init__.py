"""What an answer of Collect, or a list, proves."""
