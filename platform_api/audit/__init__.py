"""The audit trail as values: records, the Merkle tree over them, exports and their verification. No IO."""
