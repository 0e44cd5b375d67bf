"""What an existing repository says about the answers that would have made it, and where."""
