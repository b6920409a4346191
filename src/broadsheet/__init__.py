"""A catalogue that changes every day, turned into a page worth reading for each reader."""

__version__ = "0.1.0"
__all__ = ["__version__"]
