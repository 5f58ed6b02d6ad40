"""Data contracts: their terms, the document they come in, and the coarse check."""
