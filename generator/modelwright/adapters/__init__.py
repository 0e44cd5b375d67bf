"""The edges of the program: files, processes, git, platforms."""
