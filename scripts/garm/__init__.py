"""Set up, build and boot Garm guests. Entry points: scripts/run, scripts/test, scripts/bench."""
