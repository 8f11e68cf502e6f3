"""What a user edits (YAML, lexicon) and the types that check it; imports nothing of ours."""
