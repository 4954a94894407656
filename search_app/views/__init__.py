"""The pieces that pages share: result cards, the map, filters."""
