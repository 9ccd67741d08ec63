"""Compiled loops over arrays: no I/O, no strings, no exceptions."""
