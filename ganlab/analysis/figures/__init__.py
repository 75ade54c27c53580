"""Figures of runs and sweeps for papers; matplotlib is imported when a figure is drawn."""
