"""Judge a project: check, audit, status."""
