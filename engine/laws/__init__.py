"""What a rule of sharing promises: checks on generated books, and the smallest counterexample of a broken one."""
