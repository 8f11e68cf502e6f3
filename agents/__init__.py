"""The stages of the pipeline, a package each: agent.py is glue, the rest is pure and named after its question."""
