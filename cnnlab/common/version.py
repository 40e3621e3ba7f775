"""The version of the course: one number, which the command line, reports and learners' copies state."""

VERSION = "0.1.0"
