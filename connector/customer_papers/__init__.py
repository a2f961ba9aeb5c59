"""Papers for people outside the office: what the domain knows, as pages and sheets in the language of their reader."""
