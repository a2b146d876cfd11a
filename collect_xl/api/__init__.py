"""All that knows HTTP: the client, what an answer proves, and the wire below them."""
