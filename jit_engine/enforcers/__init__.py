"""What stands beside a role to hold a decision: one port, an adapter for each mechanism, and who vouches for it."""
