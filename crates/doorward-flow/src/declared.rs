//! What the words of a task name.
