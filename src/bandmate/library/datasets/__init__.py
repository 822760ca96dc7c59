"""Published collections: what they are, how they are had, read, split, converted and streamed.

Each is described in a file of its own in `library.sources`; `table` lists them.
"""
