"""What passes between the rooms that measure and the rooms that show."""
