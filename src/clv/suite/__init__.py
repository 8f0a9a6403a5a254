"""The run: a folder of artefacts, the notebooks that fill it in order, and the pages it publishes."""
