"""Wire values: what goes over HTTP, strictly read and plainly shown."""
