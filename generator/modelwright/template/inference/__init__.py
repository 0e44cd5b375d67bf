"""Infers the answers that would have made an existing repository, with the evidence."""
