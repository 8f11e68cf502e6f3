"""``armswire run``: everything on one machine, supervised, with a live view and one page of metrics."""
