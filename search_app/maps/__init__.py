"""The map of a space: the position of every item, how far it can be trusted, and what a place on it stands for.

    layout            the specification of a map (MapSpec) and the map laid out (Layout); read this first
    space_maps        SpaceMaps, one for each open space: layouts, fits in the background, drift
    manifold          UMAP and t-SNE, by their libraries
    semantic_axes     axes from one phrase or item to another
    trustworthiness   trustworthiness, neighbours kept, and the size of the modality gap
    colouring         the colour of every item, by category or on a scale
    area              a selection drawn with lasso or box
    contrast          how a selection differs from the rest
    decoding          from an empty place on a map back into the space
    html_export       a map as one HTML page that opens offline
    projector_export  the files that the TensorFlow Embedding Projector loads

The principal components themselves are in `search_app.search.projection`, as the search page draws them as well, and
topics in `search_app.search.topics`.
"""
