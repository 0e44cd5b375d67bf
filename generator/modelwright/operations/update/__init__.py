"""Bring a project to another version of its template."""
