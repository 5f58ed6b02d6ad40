"""Mutants: see `__main__`."""
