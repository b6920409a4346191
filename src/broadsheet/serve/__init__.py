"""The pages behind signed links: what a link will do, what it did, and the way back."""
