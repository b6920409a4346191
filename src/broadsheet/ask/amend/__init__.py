"""A query amended: what two queries differ in, in words; an amendment in words made an edit of what it names, and of nothing else."""
