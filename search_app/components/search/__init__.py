"""The pieces of the search page: the query, the results, and what is beside them."""
