"""The daily report: a day's announcements, ranked for one reader and written as a page."""
