"""What was seen is kept: every event with an age limit, and what a stage could not process."""
