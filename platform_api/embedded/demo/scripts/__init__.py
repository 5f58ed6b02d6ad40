"""Ordinary scripts that the demo runs with a grant's credentials; nothing imports them."""
