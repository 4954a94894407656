"""Words that say nothing of what a text is about, of the languages that documents here are most often in."""

_BY_LANGUAGE = {
    "English": (
        "about above across after again against all almost alone along already also although always among and "
        "another any anyone anything are aren't around as at away back be became because become been before behind "
        "being below beside besides best better between beyond both but by came can can't cannot come could "
        "couldn't did didn't do does doesn't doing don't done down during each either else enough even ever every "
        "everyone everything few first for from further gave get gets getting give given gives go goes going gone "
        "got had hadn't has hasn't have haven't having he her here hers herself him himself his how however i if "
        "in indeed instead into is isn't it it's its itself just keep kept last least less let let's like long "
        "made make makes making many may me might mine more most much must my myself near nearly need neither "
        "never new next no nobody none nor not nothing now of off often old on once one ones only onto or other "
        "others our ours ourselves out over own part perhaps put quite rather really said same say says see seem "
        "seemed seems seen several shall she should since so some someone something sometimes soon still such take "
        "taken takes than that that's the their theirs them themselves then there therefore these they thing "
        "things this those though three through thus till to together too took toward towards two under unless "
        "until up upon us use used uses using very want was wasn't way we well went were weren't what whatever "
        "when where whether which while who whole whom whose why will with within without won't would yes yet you "
        "your yours yourself day days year years time times three four five six seven eight nine ten eleven twelve "
        "hundred thousand half called "
    ),
    "German": (
        "aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist da "
        "dabei dadurch dafür damit dann daran darauf das dass dein deine dem den denn der des deshalb dich die "
        "dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines einige "
        "einmal er es etwas euch euer für gegen gewesen haben hat hatte hatten hier hin hinter ich ihm ihn ihnen "
        "ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem jeden jeder jedes jetzt kann kein keine "
        "keinen können konnte man manche mehr mein meine mich mir mit muss nach nicht nichts noch nun nur ob oder "
        "ohne schon sehr sein seine seinem seinen seiner seit sich sie sind so sogar sollte sondern sonst über um "
        "und uns unser unsere unter viel viele vom von vor war waren warum was weg weil weiter welche wenn wer "
        "werden wie wieder will wir wird wirst wo wollen wurde wurden zu zum zur zwar zwei zwischen "
    ),
    "French": (
        "à ai alors au aucun aussi autre autres aux avant avec avoir avons bien car ce ceci cela celle celui ces "
        "cet cette ceux chaque chez comme comment contre dans de déjà depuis des deux dont du elle elles en encore "
        "entre es est et étaient était étant été être eu eux fait faire fois font hors ici il ils je jusque la le "
        "les leur leurs lui ma mais me même mêmes mes moi moins mon ne ni nos notre nous on ont ou où par parce "
        "pas pendant peu peut plus pour pourquoi puis quand que quel quelle quelles quels qui quoi sa sans se sera "
        "ses si son sont sous sur ta tandis tant te tes toi ton tous tout toute toutes très tu un une vers voici "
        "voilà vos votre vous "
    ),
    "Spanish": (
        "al algo algunas algunos ante antes aquel aquella así aún aunque bajo bien cada casi como con contra cual "
        "cuando de del desde después donde dos durante el él ella ellas ellos en entonces entre era eran eres es "
        "esa esas ese eso esos esta está están estaba estas este esto estos fue fueron ha había han hasta hay la "
        "las le les lo los luego más me mi mientras mis mucho muchos muy nada ni no nos nosotros nuestra nuestro "
        "nunca o os otra otras otro otros para pero poco por porque pues que qué quien se sea según ser si sí "
        "siempre sin sobre son su sus también tan tanto te tiene tienen toda todas todavía todo todos tu tus un "
        "una unas uno unos vosotros y ya yo "
    ),
    "Italian": (
        "agli ai al alla alle allo anche ancora avere aveva c'è che chi ci come con contro cui da dagli dai dal "
        "dalla dalle dei del della delle dello dentro di dopo dove due e è ed era erano essere fra già gli ha "
        "hanno i il in io la le lei li lo loro lui ma mentre mi mia mio molto ne nei nel nella nelle no noi non "
        "nostra nostro o ogni per perché però più poi prima quale quando quanto quella quelle quelli quello questa "
        "queste questi questo qui se sei sempre senza si sia sono sopra sotto stata stato su sua sue sul sulla suo "
        "suoi ti tra tu tutta tutte tutti tutto un una uno vi voi "
    ),
    "Portuguese": (
        "a ainda ao aos aquela aquele as até cada com como da das de dela dele depois do dos e é ela elas ele eles "
        "em entre era essa esse esta está estas este estes eu foi foram há isso isto já lhe mais mas me mesmo meu "
        "minha muito na não nas nem no nos nós nossa nosso num numa o os ou para pela pelas pelo pelos por porque "
        "quando que quem são se sem ser seu seus só sobre sua suas também te tem têm um uma você vocês "
    ),
    "Dutch": (
        "aan al als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een eens en er ge "
        "geen had heb hebben heeft hem het hier hij hoe hun iemand iets ik in is ja je kan kon kunnen maar me meer "
        "men met mij mijn moet na naar niet niets nog nu of om omdat onder ons ook op over reeds te tegen toch "
        "toen tot uit uw van veel voor want waren was wat werd wezen wie wil worden wordt zal ze zelf zich zij "
        "zijn zo zonder zou "
    ),
}
STOP_WORDS = frozenset(word for words in _BY_LANGUAGE.values() for word in words.split())
"""In lower case."""
