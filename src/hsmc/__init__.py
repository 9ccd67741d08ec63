"""Hard-sphere Monte Carlo for binary nanocrystal superlattices."""

__version__ = "0.1.0"
