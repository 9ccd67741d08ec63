"""From a tilt series to a measured unit cell: simulate, align, reconstruct, detect, fold."""
