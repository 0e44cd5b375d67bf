"""GitHub's REST API: a thin client, and the reads and writes that a creation needs."""
