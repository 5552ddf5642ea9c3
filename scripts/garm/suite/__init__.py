"""The test runner behind scripts/test: cases, selection, and reports (TAP, JUnit, closing line)."""
