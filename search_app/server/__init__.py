"""Serving a space to other programs: the HTTP API and the MCP server."""
