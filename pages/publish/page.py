"""Page."""

from pages.shared.layout import show_title

show_title("publish")
