"""What a run keeps and what it costs: the journal and the ledger."""
