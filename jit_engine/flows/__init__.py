"""The use cases, one a file: gather, decide, record, act, record."""
