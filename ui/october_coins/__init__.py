"""10 October 2025 with accounts across eight coins: what each rule did to everybody, and to a hedge of one's own."""
