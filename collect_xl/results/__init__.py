"""What goes into the result cells."""
