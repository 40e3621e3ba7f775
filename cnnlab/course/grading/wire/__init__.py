"""What crosses between the two processes, and how: plain values and calls, never a stranger's program."""
