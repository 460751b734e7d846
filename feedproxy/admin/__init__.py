"""What operators do with accounts, applications, sources, calendars and tags.

One module a noun: what may be said of it (a strict model), what is shown of it, and what is done. The command line and
the admin API are two ways in; both read the same models and call the same functions.
"""
