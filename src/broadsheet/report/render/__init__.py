"""How a page of the report looks: HTML, Markdown, feeds and mail."""
