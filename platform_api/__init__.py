"""The door and the memory: HTTP, identity, registry, provisioning, audit and the database."""
