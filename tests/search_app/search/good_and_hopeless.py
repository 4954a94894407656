"""Queries to the sample collection: good ones, which it answers, and hopeless ones, for which it has nothing.

Written from the list of the sample's files, before any score was looked at.  Those at even places were there to choose
how scores become words; the figures reported are of those at odd places alone.
"""

GOOD = (
    "a bird", "an owl at night",
    "a steam locomotive", "penguins",
    "a red sports car", "a ladybird on a leaf",
    "how do I bake bread", "why do owls fly silently",
    "a castle on a hill", "the Eiffel Tower",
    "a cup of coffee", "planets of the solar system",
    "a guitar", "how a guitar makes its sound",
    "the phases of the moon", "an elephant",
    "a hot air balloon in the sky", "learning to sail a boat",
    "clownfish in a sea anemone", "lightning over a road",
    "windmills in Holland", "playing the drums",
    "a bee collecting nectar", "what is a latent space",
    "making marmalade from oranges", "choosing a dog for the family",
    "a kitten playing with wool", "how volcanoes erupt",
    "principal component analysis", "a pair of scissors",
    "a hammer", "dandelion seeds blowing away",
    "strawberries", "how a bridge carries its load",
    "a path through the forest", "looking after a bicycle",
    "the Taj Mahal", "a giraffe",
    "a rocket before its launch", "chess openings",
    "opening moves in chess for a beginner", "rules of football",
    "a coral reef with fish", "sunset over the water",
    "caterpillars turning into butterflies", "a candle flame",
    "feeding birds in winter", "a violin maker's workshop",
    "the lighthouse keeper", "picking wild mushrooms safely",
)  # fmt: skip
"""Each has its answer, as a picture, a passage or both."""

HOPELESS = (
    "mortgage interest rates", "a wedding dress",
    "how to install a printer driver", "an income tax return form",
    "people shaking hands in an office", "a ballet dancer on the stage",
    "an x-ray of a broken arm", "the French Revolution",
    "sushi on a plate", "a submarine",
    "a dinosaur skeleton in a museum", "cryptocurrency exchange",
    "a laptop on a desk", "blood pressure medication",
    "a swimming pool", "repairing a washing machine",
    "parliamentary elections", "sunglasses",
    "a hospital ward", "trade union negotiations",
    "a pair of high-heeled shoes", "a baby in a cradle",
    "divorce law in Scotland", "an airport security queue",
    "Shakespeare's sonnets", "knee surgery",
    "a hotel reservation", "a zombie film",
    "software licence agreement", "an escalator in a department store",
    "asdf qwer zxcv", "xqzt vvmk prrl",
    "blorptang wixel snarf", "florbigant snerdle wump",
    "lkjhgfdsa", "qqqq wwww eeee",
    "schnurbel krampfig wutzelei", "grömpel fützig ablaunschen",
    "quelbirou mantrifle soupange", "dégoulinet parsiflore trompouge",
    "glorzeni drapolino fumastra", "perrocanto zubilera mochiento",
    "пвылтж жщфыр ъкен", "шкловать буртыжник зелопад",
    "かもぬけさとろ ひめくり", "ñakutri palombeque",
    "hyrbatko vlnisek drmoly", "kettiläppä muhurainen öykky",
    "0x7f3a 9b2e ff01", "zzz yyy xxx 123 abc",
)  # fmt: skip
"""Well-formed words for what the sample has nothing of, then gibberish, also of other languages."""
