"""Jamming: compression by sequential linear programming, and the certificate."""

from hsmc.jamming.slp import JamResult, jam

__all__ = ["JamResult", "jam"]
