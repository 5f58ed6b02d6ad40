"""The AWS adapters: the only place of the engine that knows boto3."""
