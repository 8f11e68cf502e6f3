"""What a text says of an arms transfer: gate, parse, frames, roles, type, assertion, each a pure room of its own."""
