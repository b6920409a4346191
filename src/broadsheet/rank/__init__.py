"""Speeder: sequential recommendation in which every item is one token."""
