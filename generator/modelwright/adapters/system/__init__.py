"""The machine: processes, environment variables, signals, uv."""
