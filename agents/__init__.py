"""The stages of the pipeline, one package each: agent.py is glue to the stream, the rest is pure and named after its question."""
