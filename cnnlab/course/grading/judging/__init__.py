"""A learner's answers → verdicts: the process that judges, and the one that runs them."""
