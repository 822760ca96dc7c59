"""Bandmate for assistants: the commands as tools of the Model Context Protocol. Only `server` knows the SDK."""
