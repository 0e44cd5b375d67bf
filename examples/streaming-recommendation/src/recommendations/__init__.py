"""Six modules are yours (see README); everything in `runtime` is the template's."""
