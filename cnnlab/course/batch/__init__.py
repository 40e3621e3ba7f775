"""Many notebooks at once: each in a process of its own, and a report of what happened."""
