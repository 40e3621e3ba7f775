"""What a class has handed in → whose it is, of which lesson, and the answers in it."""
