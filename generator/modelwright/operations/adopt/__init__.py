"""Take an existing repository under management."""
