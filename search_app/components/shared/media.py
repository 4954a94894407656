"""URLs for pictures in our own HTML: Streamlit serves each for as long as a page shows it."""

from streamlit import runtime


def media_url(jpeg: bytes, key: str) -> str:
    """The URL of a JPEG, relative to every page of the app; `key` names the place on the page that shows it."""
    url = runtime.get_instance().media_file_mgr.add(jpeg, "image/jpeg", key)
    return url.removeprefix("/")  # the app may be served under a path of its host
