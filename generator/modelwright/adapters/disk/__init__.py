"""Files on disk: atomic writes, locks, reading a project, placing a rendered one."""
