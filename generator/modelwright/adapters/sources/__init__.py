"""Where platforms and the histories of templates are read from."""
