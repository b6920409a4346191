"""What readers do with their page: recorded as events, learnt from, undone, and compared."""
