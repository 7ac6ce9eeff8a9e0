//! The fields of a result: records, lists and lines, as far as a strict reading finds them.
