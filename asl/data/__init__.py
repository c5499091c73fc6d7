"""Data sets: from folders and archives to examples that networks learn from.

What lies here does not depend on what the files hold: what a folder level means, who the people
are, splits, the cache. `pictures` is what only pictures have; `archives` reads what strangers
packed, `exports` what other tools wrote, and `library` keeps the data sets of users. The modules
`folder`, `source` and `check` put them together.
"""
