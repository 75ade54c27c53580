"""Components for ganlab."""
