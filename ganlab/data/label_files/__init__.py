"""Classes of images in files of a data set, one module for each kind of file."""
