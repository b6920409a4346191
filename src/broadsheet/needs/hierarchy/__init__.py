"""Whether needs form a hierarchy: scalability, rival models, nulls and order, with a verdict that may be no."""
