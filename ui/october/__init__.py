"""10 October 2025 on Hyperliquid: the same ten minutes under several measures of loss."""
