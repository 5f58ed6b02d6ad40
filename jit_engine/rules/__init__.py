"""The decisions, as plain functions."""
