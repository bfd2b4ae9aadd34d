// Nothing: the library that owns the precompiled headers of the standard library needs a source.
