"""The memory: tables, one store a port, and the only SQL. Every write commits with its audit record."""
