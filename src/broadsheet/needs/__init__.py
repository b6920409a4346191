"""What people say they need, each need with words of their own post as evidence."""
