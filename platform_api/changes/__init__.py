"""Telling who looks on that something has changed: from the audit trail, to each what the rules let them see."""
