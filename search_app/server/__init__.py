"""What asks a space for other programs: the HTTP API and the MCP server."""
