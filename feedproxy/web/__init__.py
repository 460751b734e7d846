"""The HTTP face: routes on one screen, handlers that parse, call and answer."""
