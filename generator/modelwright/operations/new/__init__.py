"""Make a project."""
