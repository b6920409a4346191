"""What posts are about, found without any taxonomy: themes that are found again when other people are asked."""
