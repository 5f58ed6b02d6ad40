"""The sample organisation: its directory, data, contract, activity, rules and one analysis."""
