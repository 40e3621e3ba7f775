"""What every room rests on: checked arguments, files written whole, fonts."""
