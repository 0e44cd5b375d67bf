"""Is a repository within policy: each check reads a project and yields findings."""
