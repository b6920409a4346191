"""The pages of a site, for people: the same functions as the programming interface, rendered here, with one vendored script and no build step."""
