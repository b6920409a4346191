"""arXiv as it really behaves: identifiers, calendar, a polite client, days that are complete."""
