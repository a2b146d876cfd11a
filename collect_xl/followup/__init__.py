"""What happens after a run: look-up, refresh, cancel, due dates, take-over, overdue requests."""
