"""Make a project from a starter, and keep the starters."""
