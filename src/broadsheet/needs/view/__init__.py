"""An inference as a page: one file that asks nobody for anything, with the same numbers as JSON and Parquet."""
