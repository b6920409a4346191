"""From posts to needs with their evidence, facts about people, and claims of an order."""
