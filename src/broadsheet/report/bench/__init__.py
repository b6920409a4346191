"""Benches of report: how well the page ranks, what large days take, how a morning goes when arXiv does not behave."""
