"""The governance console: a single page that speaks only the public API, and what serves it."""
