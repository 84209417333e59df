"""For others' tests: contract suites that prove an implementation of a port, and scripted stand-ins."""
