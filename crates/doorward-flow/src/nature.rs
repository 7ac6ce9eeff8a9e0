//! What a tool is to the flow of data: what it does, what its arguments decide, what its results are worth.
