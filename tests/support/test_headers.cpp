// Nothing: the library that owns the tests' precompiled headers needs a source.
