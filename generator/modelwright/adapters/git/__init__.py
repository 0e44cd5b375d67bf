"""Git: commands, objects, history, merges."""
