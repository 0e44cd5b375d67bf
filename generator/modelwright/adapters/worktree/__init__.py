"""A project's work tree while an update is applied, finished or taken back."""
