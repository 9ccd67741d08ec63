"""Figures of configurations and results. Import where used: matplotlib takes its time."""
