"""A learner's own copy of the course: laid out, brought up to date, never lost."""
