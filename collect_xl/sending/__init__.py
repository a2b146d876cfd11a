"""The run: claim, post, record, batch by batch."""
