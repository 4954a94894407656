"""The map of a space: where every item lies, how far that can be trusted, and what can be asked of a place on it.

    model       what a map is asked for (MapSpec) and what comes of it (Layout); read this first
    live        SpaceMaps, one for each open space: layouts, drift, refits, tasks, topics; `Searcher.maps` holds it
    tasks        slow work in a background thread, with a status that a page can poll
    manifold    UMAP and t-SNE by their libraries
    meaning     axes from one phrase or item to another
    trust       trustworthiness, neighbours kept, and the size of the modality gap
    decoding    from an empty place on a map back into the space
    apart       what sets a selection apart from the rest
    topics      clusters in the full space, and topic_names their names
    vocabulary  words in the shared space
    page        a map as one HTML page that opens offline
    projector   the files that the TensorFlow Embedding Projector loads

The principal components themselves are in `search_app.search.projection`, which the search page's map draws as well.
"""
