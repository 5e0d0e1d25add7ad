"""Who speaks to the server, and what they may do."""
