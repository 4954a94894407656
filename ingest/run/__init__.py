"""One ingest: what it finds, classifies, encodes, writes and cleans up; and what runs beside it."""
