"""Other people's Copier templates, rendered by Copier's own library."""
