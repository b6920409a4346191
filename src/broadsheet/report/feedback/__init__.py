"""What readers do with a page, and what is made of it: links, learning, comparisons."""
