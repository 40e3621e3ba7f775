"""What a teacher shows, hands out and keeps: slides, sheets and answer keys, made from the lessons."""
