//! A second implementation, in Python, reads what this one writes.
