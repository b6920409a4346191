"""The low level: a policy over candidates, learnt by proximal policy optimisation."""
