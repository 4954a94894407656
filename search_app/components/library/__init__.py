"""The tabs of the library page, and the job that is shown above them."""
