"""What an agent believes of its users: models of liking fitted on what it may see."""
