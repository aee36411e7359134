"""A whole session without a window: engine, pipeline, and the link to the windows."""
