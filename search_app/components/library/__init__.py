"""The tabs of the library page, a module each, and the job that is shown above them."""
