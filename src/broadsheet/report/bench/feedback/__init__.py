"""What feedback is worth: thirty days of simulated clicks, saves replayed, and comparisons that must find what is planted and nothing else."""
