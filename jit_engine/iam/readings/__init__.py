"""Our own second readings: one file a kind of use, written apart from the kinds' own statements. Nothing is shared."""
