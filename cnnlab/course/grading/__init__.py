"""A class graded: answers out of submissions, judged where the learner's code cannot reach, collected in a report."""
