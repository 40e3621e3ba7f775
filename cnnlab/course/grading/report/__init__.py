"""A graded class → tables, a report, and a page for each learner."""
