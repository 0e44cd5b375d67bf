"""One module per command, called like the command."""
