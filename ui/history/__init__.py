"""What is on record of losses that were shared, and what another rule would have done."""
