"""IAM documents: written, measured, and read back by a reader of our own. No AWS call."""
