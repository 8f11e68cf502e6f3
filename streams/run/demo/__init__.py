"""The newsroom of ``armswire run --demo``: feeds, stories and a receiver on loopback; nothing else is polled."""
