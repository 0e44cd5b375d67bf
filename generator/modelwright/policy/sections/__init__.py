"""The sections of a policy file, each a frozen pydantic model."""
