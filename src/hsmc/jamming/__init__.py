"""Jamming: compression by sequential linear programming, and the certificate."""

from hsmc.jamming.certificate import Certificate, certify
from hsmc.jamming.slp import JamResult, jam

__all__ = ["Certificate", "JamResult", "certify", "jam"]
