"""A space's ledger: its record of sources, items and vectors, composed of parts that each own their tables."""

from ingest.space.ledger.ledger import Ledger

__all__ = ["Ledger"]
