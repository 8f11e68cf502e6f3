"""What a text names, found without a parser: systems, makers, states, weapons; and the gate before the classifier."""
