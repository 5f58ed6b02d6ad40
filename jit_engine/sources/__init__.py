"""One file a kind of source, and the one list of them."""
