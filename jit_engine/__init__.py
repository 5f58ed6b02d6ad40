"""The just-in-time engine: from one request for many data sources to a short-lived, exactly scoped role, and back."""
