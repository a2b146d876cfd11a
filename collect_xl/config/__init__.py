"""Settings and credentials of the user."""
