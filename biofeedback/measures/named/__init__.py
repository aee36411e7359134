"""The measures that can be run by name: one class in one file each; see `biofeedback.measures.catalogue`."""
