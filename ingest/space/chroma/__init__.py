"""The index: Chroma's collections, the servers that hold them, and what keeps them in step with the ledger."""
