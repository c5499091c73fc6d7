"""The command line: the services of the app from a shell.

With ``--json`` standard output carries JSON and nothing else; logs, progress and errors go to
standard error. Exit status 1: a picture could not be answered, or a training was cancelled; 2: the
command was wrong.

A module here holds one command, or a few of a kind, and what they print. The modules import
nothing heavy when they are loaded; each command imports what it needs when it runs, so that
``asl --help`` answers at once.
"""
