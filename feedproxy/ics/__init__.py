"""Octets to structure and back (RFC 5545 sections 3.1 and 3.6). Pure.

`normal` brings whatever an upstream sends into one form that every client accepts, `components` finds the spans in it,
`contentline` takes a single line apart, `folding` unfolds and folds one, `text` and `times` read and write values.
Whatever no step touches is copied as octets.
"""
