"""The steps of a creation on GitHub."""
