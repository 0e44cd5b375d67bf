"""Create a project's repository on GitHub."""
