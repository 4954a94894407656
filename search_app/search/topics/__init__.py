"""The topics of a space: found by clustering its vectors, named by what its texts say, and used as a filter.

    space_topics      SpaceTopics, one for each open space: loads, finds and saves its topics; read this first
    model             Topics and Topic, what was found
    clustering        finds the clusters and chooses how many there are
    naming            names them
    ctfidf            the words that set a class of texts apart
    vocabulary        English words, and a space's own, as vectors
    build_vocabulary  makes data/vocabulary

Maps and the lab use them too, but topics know nothing of maps.
"""
