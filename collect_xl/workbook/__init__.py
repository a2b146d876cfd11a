"""The saved workbook, and the interface that it shares with the one that is open in Excel."""
