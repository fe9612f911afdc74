"""Takes back a false "Page not found" that a bookmark shows on a server that has just started.

Before `st.navigation` ran once, Streamlit looks for pages as files in `pages/` and finds folders. The page is there all
the same; only the dialog is wrong. A page that really does not exist keeps it.
"""

from urllib.parse import urlsplit

import streamlit as st
from streamlit.navigation.page import Page

_CLOSE_DIALOG = """
export default function () {
  const close = () => {
    for (const dialog of document.querySelectorAll('[role="dialog"]')) {
      if (dialog.textContent.includes("Page not found")) dialog.querySelector("button")?.click()
    }
  }
  close()
  const timer = setInterval(close, 100)
  const end = setTimeout(() => clearInterval(timer), 5000)
  return () => { clearInterval(timer); clearTimeout(end) }
}
"""
_close_dialog = st.components.v2.component("close_page_not_found", js=_CLOSE_DIALOG)


def take_back_page_not_found(page: Page) -> None:
    """Close the dialog if the address names the page that is shown. Takes no room worth seeing."""
    wanted = urlsplit(str(st.context.url or "")).path.strip("/").rpartition("/")[2]
    if wanted and wanted == page.url_path:
        _close_dialog(key="close_page_not_found", height=0)
