"""Frozen values: what the engine talks about. No IO, no clock."""
