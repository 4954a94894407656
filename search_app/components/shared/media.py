"""Pictures within HTML of our own: Streamlit serves them for as long as a page shows them."""

from streamlit import runtime


def picture_address(jpeg: bytes, key: str) -> str:
    """The address of a JPEG, relative to every page of the app; `key` is the place on the page that it is for."""
    address = runtime.get_instance().media_file_mgr.add(jpeg, "image/jpeg", key)
    return address.removeprefix("/")  # the app may lie in a folder of its host
