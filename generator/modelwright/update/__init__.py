"""What an update would do to a project, as data: no process, no disk."""
