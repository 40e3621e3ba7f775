"""A process for a learner's code, and what keeps it from everything else."""
