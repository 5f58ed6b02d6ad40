"""The door: a file a resource. Each route says which Cedar action it needs and on what."""
