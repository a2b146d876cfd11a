"""Who is sent, who is not, and why."""
