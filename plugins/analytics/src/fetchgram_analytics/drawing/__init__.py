"""Drawing, in a child process: the only part that imports matplotlib."""
