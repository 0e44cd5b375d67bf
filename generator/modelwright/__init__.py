"""Makes, standardises and maintains a company's machine-learning repositories."""

__version__ = "0.1.0"
__all__ = ["__version__"]
