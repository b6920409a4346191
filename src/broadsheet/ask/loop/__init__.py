"""The loop with a person in it: a question is drafted, checked, mended, explained and shown, then accepted or amended; every step is kept and can be replayed."""
