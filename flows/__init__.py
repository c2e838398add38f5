"""How data moves: the run, the sources, the command line."""
