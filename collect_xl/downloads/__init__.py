"""Files that clients uploaded, kept in folders on this computer."""
