"""All that knows the Excel add-in: its buttons, its windows, how it is built and installed."""
