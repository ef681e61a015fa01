"""Programs' messages, sent at once: gathered into windows every few milliseconds, and driven out by threads."""
