"""What a repository on GitHub should be, what it is, and the calls between the two."""
