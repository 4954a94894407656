"""Passages that were written to be read, and passages that were not, in many languages and kinds."""

PROSE = {
    "Japanese": (
        "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所でニャー"
        "ニャー泣いていた事だけは記憶している。吾輩はここで始めて人間というものを見た。しかもあとで聞くとそれ"
        "は書生という人間中で一番獰悪な種族であったそうだ。この書生というのは時々我々を捕えて煮て食"
        "うという話である。2023年にも読まれている。"
    ),
    "Japanese in short lines": (
        "春はあけぼの。やうやう白くなりゆく山ぎは、\n"
        "すこしあかりて、紫だちたる雲の\n"
        "ほそくたなびきたる。夏は夜。\n"
        "月のころはさらなり、やみもなほ、\n"
        "ほたるの多く飛びちがひたる。\n"
        "また、ただ一つ二つなど、\n"
        "ほのかにうち光りて行くもをかし。\n"
        "雨など降るもをかし。"
    ),
    "Chinese": (
        "今天早上下雨了，我搭捷運去上班。路上人很多，大家都撐著傘，走得很慢。到了辦公室以後，我先喝了一杯熱咖"
        "啡，然後開始整理昨天的文件。下午天氣放晴，我和同事一起去附近的公園散步，看見許多孩子在草地"
        "上玩耍，還有一隻小狗追著球跑。"
    ),
    "Korean": (
        "오늘 아침에는 비가 내려서 지하철을 타고 회사에 갔다. 길에는 사람이 많았고 모두 우산을 "
        "쓰고 천천히 걸었다. 사무실에 도착한 뒤 따뜻한 커피를 마시고 어제의 서류를 "
        "정리하기 시작했다. 오후에는 날씨가 개어서 동료들과 함께 공원을 걸었다."
    ),
    "Arabic": (
        "خرجنا في الصباح الباكر إلى السوق القديم، وكانت الشمس قد أشرقت للتو فوق أسطح البيوت. اشترينا "
        "الخبز والزيتون والبرتقال، ثم جلسنا في مقهى صغير نشرب الشاي بالنعناع. قال لنا صاحب المقهى إن "
        "جده فتح هذا المكان قبل ثمانين عاماً، وإن الناس ما زالوا يأتون إليه من كل أنحاء المدينة."
    ),
    "Arabic with vowels": (
        "كَانَ الوَلَدُ يَمْشِي فِي الطَّرِيقِ الطَّوِيلِ إِلَى المَدْرَسَةِ، وَكَانَ يَحْمِلُ "
        "كِتَابَهُ تَحْتَ ذِرَاعِهِ. رَأَى طَائِراً صَغِيراً عَلَى الشَّجَرَةِ فَوَقَفَ يَسْتَمِعُ "
        "إِلَى غِنَائِهِ الجَمِيلِ."
    ),
    "Hebrew": (
        "בבוקר יצאנו לטייל בהרים. השמש זרחה מעל העמק, והאוויר היה קריר ונקי. בדרך פגשנו רועה צאן זקן "
        "שסיפר לנו על הכפר שבו נולד, ועל המעיין הקטן שממנו שתו כולם. אחרי הצהריים חזרנו הביתה עייפים "
        "ומאושרים."
    ),
    "Hindi": (
        "सुबह हम लोग नदी के किनारे टहलने गए। वहाँ बहुत ठंडी हवा चल रही थी और पक्षी गा रहे थे। एक बूढ़े "
        "किसान ने हमें अपने खेत के बारे में बताया और ताज़ा गन्ने का रस पिलाया। दोपहर में हम थककर घर लौट "
        "आए।"
    ),
    "Thai": (
        "เมื่อเช้านี้ฝนตกหนักมาก ฉันจึงนั่งรถไฟฟ้าไปทำงาน ผู้คนบนถนนเดินช้า ๆ พร้อมร่มในมือ "
        "พอถึงที่ทำงานฉันดื่มกาแฟร้อนหนึ่งแก้ว แล้วเริ่มจัดเอกสารของเมื่อวาน ตอนบ่ายอากาศแจ่มใส "
        "เราจึงไปเดินเล่นในสวนสาธารณะ"
    ),
    "German": (
        "Am frühen Morgen lag Nebel über dem See, und die Fischer ruderten schweigend hinaus. "
        "Donaudampfschifffahrtsgesellschaftskapitäne gab es hier keine mehr; nur die alten Boote "
        "erinnerten an jene Zeit. Gegen zehn Uhr brach die Sonne durch, z. B. über der Kapelle am "
        "anderen Ufer, und 1984 soll hier sogar ein Adler gebrütet haben."
    ),
    "Finnish": (
        "Aamulla järven yllä leijui sumua ja kalastajat soutivat hiljaa ulapalle. Vanhat veneet "
        "muistuttivat menneistä ajoista, jolloin satamassa oli vielä elämää. Kymmeneltä aurinko tuli "
        "esiin ja lapset juoksivat rantaan uimaan."
    ),
    "Russian": (
        "Ранним утром над озером стоял туман, и рыбаки молча выходили на воду. Старые лодки напоминали "
        "о прежних временах, когда в гавани ещё кипела жизнь. К десяти часам выглянуло солнце, и дети "
        "побежали купаться."
    ),
    "poem": (
        "The woods are lovely, dark and deep,\n"
        "But I have promises to keep,\n"
        "And miles to go before I sleep,\n"
        "And miles to go before I sleep.\n"
        "\n"
        "He gives his harness bells a shake\n"
        "To ask if there is some mistake.\n"
        "The only other sound's the sweep\n"
        "Of easy wind and downy flake."
    ),
    "poem without punctuation": (
        "and the moon\n"
        "over the water\n"
        "slow white\n"
        "as a heron\n"
        "standing in reeds\n"
        "waits for nothing\n"
        "the river\n"
        "goes by\n"
        "under its feet\n"
        "and the night\n"
        "has no other side\n"
        "only this quiet\n"
        "and the cold stars"
    ),
    "song with a refrain": (
        "Row, row, row your boat,\nGently down the stream.\nMerrily, merrily, merrily, merrily,\nLife is but a dream.\n"
    )
    * 3,
    "comment of code": (
        "# The cache is keyed by content, not by path, since two installs would evict each other\n"
        "# for ever.  A receipt that cannot be read counts as none: the check is then made again,\n"
        "# which takes a second.  See load_receipt() for the format.\n"
    ),
    "docstring": (
        '"""Return the rows of `table` in order.\n'
        "\n"
        "Raises ReadError if the file cannot be read.  Rows without text are left out, and\n"
        "a cell longer than 10,000 characters is cut at a space.\n"
        '"""'
    ),
    "record of a table": (
        "name: Red-crowned crane; place: Hokkaido, Japan; date: 2021-02-11; note: dancing in the snow "
        "with its partner; observer: K. Tanaka; weather: clear and cold, -12 °C"
    ),
    "row of a shop": (
        "Canvas tote bag, natural cotton, 38 x 42 cm, long handles, machine washable at 30 degrees, "
        "printed in Portugal, pack of 2, 14.90 EUR, in stock, SKU TB-3842-N"
    ),
    "product": (
        "Travel binoculars 8x25\nWeight: 280 g. Waterproof, with rubber armour.\nGood for birds, concerts and hikes."
    ),
    "recipe": (
        "Ingredients\n"
        "1 kg bitter oranges\n"
        "2 kg sugar\n"
        "2 litres of water\n"
        "the juice of 1 lemon\n"
        "\n"
        "Wash the oranges and cut them in half. Squeeze out the juice and keep the pips in a muslin bag."
    ),
    "caption": "A red bird on a branch",
    "caption with a year": "IMG of my dog, 2019",
    "bulleted advice": (
        "- Bring warm clothes, since the nights are cold even in July.\n"
        "- The hut has no water in late summer; fill your bottles at the spring.\n"
        "- Leave word where you are going.\n"
        "- The last bus leaves at 17:40."
    ),
    "mathematics": (
        "Let x be a vector in R^n and A a matrix of full rank. Then the least-squares solution is x = "
        "(A'A)^-1 A'b, which is what the normal equations say. The residual is orthogonal to the "
        "columns of A."
    ),
    "news": (
        "The minister said on Tuesday that the permit would not be extended. Residents of the district "
        "had asked for public transport, a library and a swimming pool; none of them was granted. The "
        "council will meet again in March."
    ),
    "statistics": (
        "Principal component analysis finds the directions of greatest variance in a distribution of "
        "points. Conditions for the source of variation are modified by the scale of each variable, so "
        "the data are usually standardised first."
    ),
    "dialogue": (
        '"Where is he?"\n'
        '"Gone."\n'
        '"Gone where?"\n'
        '"To the harbour, I think."\n'
        '"At this hour?"\n'
        '"He took the lamp with him."\n'
        '"Then we wait."'
    ),
    "chat": (
        "[12:03] Anna: did you see the heron?\n"
        "[12:04] Ben: yes!! by the bridge, it stood there for ages\n"
        "[12:04] Anna: took a photo, will send it tonight\n"
        "[12:06] Ben: lovely, thanks"
    ),
    "essay about a patent": (
        "Watt's patent of 1769 made him rich and slowed down others. When it ran out in 1800, Cornish "
        "engineers such as Trevithick built engines of high pressure that used half the coal. "
        "Historians still argue whether steam would have come sooner without it."
    ),
}
"""Each tells something, whatever its language and its form."""

JUNK_PASSAGES = {
    "figures with commas": (
        "id,date,value,flag\n"
        "1,2021-01-04,12.5,0\n"
        "2,2021-01-05,13.1,0\n"
        "3,2021-01-06,11.8,1\n"
        "4,2021-01-07,12.9,0\n"
        "5,2021-01-08,14.2,1\n"
        "6,2021-01-09,13.3,0\n"
    ),
    "words with commas": (
        "name,town,country,status\n"
        "Miller,Leeds,England,active\n"
        "Smith,York,England,active\n"
        "Dupont,Lyon,France,inactive\n"
        "Rossi,Turin,Italy,active\n"
        "Garcia,Madrid,Spain,inactive\n"
        "Novak,Prague,Czechia,active"
    ),
    "table of contents": (
        "Contents\n"
        "1 Introduction ............ 1\n"
        "1.1 Aims .................. 3\n"
        "2 Methods ................. 9\n"
        "2.1 Samples ............... 12\n"
        "3 Results ................. 20\n"
        "4 Discussion .............. 31\n"
        "Index .................... 40"
    ),
    "menu of a site": (
        "Home\n"
        "Products\n"
        "About us\n"
        "Contact\n"
        "Login\n"
        "Register\n"
        "Cart\n"
        "Help\n"
        "Imprint\n"
        "Privacy policy\n"
        "Terms of use\n"
        "Newsletter\n"
        "Careers\n"
        "Press\n"
        "Blog\n"
        "Sitemap\n"
        "Downloads\n"
        "Partners\n"
        "Forum\n"
        "Support"
    ),
    "list of words": (
        "apple\n"
        "banana\n"
        "cherry\n"
        "date\n"
        "elderberry\n"
        "fig\n"
        "grape\n"
        "honeydew\n"
        "kiwi\n"
        "lemon\n"
        "mango\n"
        "nectarine\n"
        "orange\n"
        "papaya\n"
        "quince\n"
        "raspberry\n"
        "strawberry\n"
        "tangerine\n"
        "watermelon\n"
        "zucchini"
    ),
    "tags": (
        "bird, red, snow, winter, branch, tree, cold, nature, animal, wildlife, feather, beak, wing, "
        "forest, garden, feeder, seed, january, ice, frost, white, sky, cardinal, robin"
    ),
    "MIT licence": (
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this software "
        'and associated documentation files (the "Software"), to deal in the Software without '
        "restriction, including without limitation the rights to use, copy, modify, merge, publish, "
        "distribute, sublicense, and/or sell copies of the Software"
    ),
    "German notice": (
        "Dieses Werk ist urheberrechtlich geschützt. Alle Rechte vorbehalten. Für die Richtigkeit der "
        "Angaben wird keine Haftung übernommen. Jede Nutzung außerhalb der Grenzen des "
        "Urheberrechtsgesetzes ist ohne Lizenz des Urhebers unzulässig; Gewährleistung ist "
        "ausgeschlossen."
    ),
    "French notice": (
        "Tous droits réservés. Toute reproduction sans autorisation du titulaire du droit d'auteur est "
        "interdite. L'éditeur décline toute responsabilité et n'offre aucune garantie. La licence peut "
        "être résiliée; le concédant de licence conserve la propriété."
    ),
    "log": (
        "2024-03-01 12:00:01 INFO server started pid=4312\n"
        "2024-03-01 12:00:02 WARN cache miss key=ab12\n"
        "2024-03-01 12:00:05 INFO GET /index.html 200\n"
        "2024-03-01 12:00:09 ERROR timeout host=10.0.0.4"
    ),
    "base64": (
        "iVBORw0KGgoAAAANSUhEUgAAAAUA AAAFCAYAAACNbyblAAAAHElEQVQI12P4 "
        "8w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg== "
        "9j4AAQSkZJRgABAQAAAQABAAD2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4n"
    ),
    "columns of figures": (
        "12.4 13.8 15.2 9.9 10.3 11.1 12.0 14.6 13.3 12.8 10.2 9.7 11.5 12.6 13.9 15.0 14.1 12.2 11.9 "
        "10.8 9.5 10.1 11.7 12.9 14.4 13.6 12.3 11.0"
    ),
    "minified code": (
        "function(a,b){for(var c=0;c<a.length;c++)if(a[c]===b)return c;return-1}var "
        'd=document.getElementById("x");d.addEventListener('
        '"click",function(e){e.preventDefault();location.href="/login"});'
    ),
    "the same line again and again": "Confidential draft of the committee\n" * 20,
    "Japanese paths": (
        "写真/2023/旅行/IMG_0001.jpg\n"
        "写真/2023/旅行/IMG_0002.jpg\n"
        "写真/2023/旅行/IMG_0003.jpg\n"
        "写真/2023/家族/IMG_0104.jpg\n"
        "写真/2024/家族/IMG_0200.jpg\n"
        "写真/2024/家族/IMG_0201.jpg"
    ),
    "notice of cookies": (
        "We use cookies and similar technologies. By clicking Accept you agree to our cookie policy and "
        "privacy policy. You can change your cookie settings at any time. All rights reserved."
    ),
}
"""Lists, tables, notices and code: no answer to an everyday question."""
