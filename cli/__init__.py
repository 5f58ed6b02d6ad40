"""`sluice`, the command line: what people and pipelines type. It asks the platform over HTTP."""
