"""The benches of plan: published rules, honest environments, speed."""
