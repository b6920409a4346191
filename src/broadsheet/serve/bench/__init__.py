"""How fast the server answers, what it does when there is too much, and whether a swap loses anything."""
