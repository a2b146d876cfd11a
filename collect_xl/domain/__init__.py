"""Values that cross borders, and facts as data."""
