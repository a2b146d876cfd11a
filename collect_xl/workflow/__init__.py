"""The stories that all faces tell, each once."""
