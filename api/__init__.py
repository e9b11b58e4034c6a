"""What people and applications call: for now the pages on which people link an account of theirs."""
