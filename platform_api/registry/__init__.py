"""The registry (CMDB): activities, environments, reviews and data contracts, with their lives."""
