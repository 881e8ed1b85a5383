"""Opening an address in the user's browser, where there is one."""

from __future__ import annotations

import threading
import webbrowser

# They would take the terminal, and show nothing of a page that is a program.
_TEXT_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m")


def open_browser(address: str) -> bool:
    """Open an address without waiting for the browser; say whether there is one.

    Args:
        address: What to open.
    """
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if getattr(browser, "name", "") in _TEXT_BROWSERS:
        return False
    threading.Thread(target=browser.open, args=(address,), daemon=True).start()
    return True
