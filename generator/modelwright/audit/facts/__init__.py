"""What the files of a project declare, parsed once for every check and criterion."""
