"""How good an archive of pages is, day by day: what it covered, what it left out, and what its reader made of it."""
