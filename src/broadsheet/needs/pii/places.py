"""Addresses as countries write them."""

from broadsheet.needs.pii.kinds import Kind, Pattern, numbered
from broadsheet.needs.pii.shapes import HAN, UPPER

_STREETS = "street|avenue|road|lane|boulevard|drive|court|terrace|crescent|parkway|highway|square|way|place|close|circle|gardens|grove|mews|trail|walk|hill|row|rise|view|alley|turnpike|freeway|expressway|loop|plaza|pike|crossing|ridge|green|parade|esplanade|cove|bend|run|path|wharf|quay|heights|glen|vale|marg|nagar|salai"
_SHORT_STREETS = "St|Ave|Av|Rd|Ln|Blvd|Dr|Ct|Ter|Terr|Cres|Cr|Pkwy|Pky|Hwy|Sq|Pl|Cir|Trl|Tr|Pk|Tpke|Fwy|Expy|Aly|Gdns|Gr|Cl|Mnr|Xing|Pt|Lp"
# Words that make "two blocks down the road" no address.
_NO_STREET = (
    r"(?!(?:the|a|an|of|on|in|at|to|down|up|per|my|our|his|her|this|that|and|or|for|from|years?|months?|weeks?|days?|hours?|minutes?|min|miles?|km|blocks?"
    r"|times?|people|percent|more|other|different|small|long|dollars?|k|am|pm|by|is|was|were|had|went|it|i|we|went|then|with|as|but|so|if|you|they|he|she|all|each|out|off)\b)"
)
_STATE = "(?-i:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|PR|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY])"
_STATES = (
    "(?-i:Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan"
    "|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina"
    "|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming|Ontario|Quebec|Québec|Alberta|Manitoba|Saskatchewan|Nova Scotia|British Columbia)"
)
_BRITISH, _CANADIAN = r"(?-i:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b", r"(?-i:[A-Z]\d[A-Z] ?\d[A-Z]\d)\b"
_IRISH = r"(?-i:[A-Z]\d[\dW] [A-Z\d]{4})\b"
_WORD = rf"(?-i:(?!(?:I|The|But|And|So|My|We|They|He|She|It|Is|What|How|Do|Any|Can)\b)[{UPPER}][\w'.-]{{1,24}})"
_TOWN = rf"{_WORD}(?:(?: (?:of|de|la|le|du|am|an der|upon|sur|on|en))? {_WORD}){{0,2}}"
_UNIT = r"(?:(?:apt|apartment|unit|suite|ste|flat|fl|floor|building|bldg|dock|room|rm|lot|block|blk|tower|app|appt|appartement|top|stiege|stg|tür|piso|puerta|planta|interno|int|scala|bte|boîte|bus|box|trailer|space|spc|pmb|dept|depto|apto|m)\.? ?#?\w{1,6}\b\.?|#? ?\d{1,5}[a-z]?\b(?!,? \d)|\d{1,2}\. ?(?:og|stock|floor|etage|sal|tv|th)(?: (?:links|rechts|mitte))?|eg|hinterhaus|vorderhaus|\d{1,2}(?:st|nd|rd|th) floor|#\w{1,6})"
# Flat, town, state and postcode behind a street.
_TAIL = rf"(?:,? {_UNIT}){{0,3}}(?:(?:, {_TOWN}){{0,3}}|,? {_TOWN}(?=,? (?:{_STATE}|{_STATES}|\d{{5}}|{_BRITISH})))(?:,? (?:{_STATE}|{_STATES}|\({_TOWN}\))\b)?(?:,? (?:\d{{5}}(?:-\d{{4}})?|{_BRITISH}|{_CANADIAN})(?!\d))?"
# What stands between commas before a postcode: "Unit 9", "The Old Forge", "2. OG links".
_PART = rf"(?-i:(?!(?:I|In|On|Since|Form|Schedule|Section|Chapter|Rule|Title|Line|Box|From|To|At|By|After|Before|Until|IRS|Jan(?:uary)?|Feb(?:ruary)?|Mar|March|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b)[{UPPER}\d#][\w'.&/#-]{{0,30}}(?: (?:[{UPPER}\d#(&-][\w'.&/#)-]{{0,30}}|of|de|la|du|des|del|the|le|les|der|den|dem|am|an|og|links|rechts|and|no|do|da|dos)){{0,5}})"
_FOREIGN = (
    rf"(?:(?-i:[A-Z]{{1,2}}-)?(?!19|20)\d{{4}}|(?-i:[A-Z]{{1,2}}-)?\d{{5}}|\d{{3}} \d{{2}}|\d{{2}}-\d{{3}}|\d{{4,5}}-\d{{3}}|\d{{4}} ?(?-i:[A-Z]{{2}})) {_TOWN}"
    rf"|{_TOWN}(?: - |[ -])\d{{3}} ?\d{{3}}\b|{_TOWN},? (?-i:NSW|VIC|QLD|WA|SA|TAS|ACT|NT) \d{{4}}\b|(?:{_TOWN},? )?{_IRISH}"
)
_FLAT = r"(?:\b(?:apt|apartment|unit|flat|suite|ste|room|rm|lot|floor)\.? ?#?[a-z\d]{1,5}, ?)?"
_NUMBER = r"\d{1,5}[a-z]?(?:[/-]\d{1,4}[a-z]?){0,2}"

# Whole ones, from the flat to the postcode.
CHAINS: tuple[Pattern, ...] = (
    numbered(Kind.ADDRESS, rf"(?<![\w$€£#.,/-]){_PART}(?:, {_PART}){{0,5}},? (?:{_BRITISH}|{_CANADIAN})"),
    numbered(Kind.ADDRESS, rf"(?<![\w$€£.,/-])(?=[^,]{{0,40}}\d){_PART}(?:, {_PART}){{1,5}},? (?:{_STATE}|{_STATES}),? \d{{5}}(?:-\d{{4}})?(?!\d)"),
    numbered(Kind.ADDRESS, rf"(?<![\w]){_TOWN},? {_STATE},? \d{{5}}(?:-\d{{4}})?(?!\d)"),
    numbered(
        Kind.ADDRESS, rf"(?<![\w$€£.,/-])(?=[^,]{{0,60}}\d)(?!\d{{4,}} [^,]{{0,20}}\d{{4}}){_PART}(?:, ?(?:{_PART}|[a-z]{{2,12}})){{0,5}},? (?:{_FOREIGN})"
    ),
    numbered(Kind.ADDRESS, rf"(?<![\w$€£.,/-]){_NUMBER} (?!k\b){_WORD}(?: {_WORD}){{0,3}}(?:,? {_UNIT}){{0,2}}, {_TOWN},? (?:{_STATE}|{_STATES})\b"),
    numbered(
        Kind.ADDRESS,
        r"(?<!\w)(?:lot|unit|apt|apartment|space|spc|trailer|flat|rm|room|no|#)\.? ?#?\d{1,5}[a-z]?,? (?:[a-z\d'.-]{1,20},? ){1,10}"
        rf"(?:{_STATE}|al|ak|az|ar|ca|co|ct|de|fl|ga|ia|id|il|ks|ky|la|md|mi|mn|mo|ms|mt|nc|nd|ne|nh|nj|nm|nv|ny|pa|ri|sc|sd|tn|tx|ut|va|vt|wa|wi|wv|wy),? \d{{5}}\b",
    ),
    numbered(
        Kind.ADDRESS,
        r"(?<![\w$€£.,-])\d{1,5} (?:[a-z\d'.-]{1,20},? ){2,8}(?:al|ak|az|ar|ca|ct|fl|ga|ia|il|ks|ky|md|mi|mn|mo|ms|mt|nc|nd|ne|nh|nj|nm|nv|ny|pa|ri|sc|sd|tn|tx|ut|va|vt|wa|wi|wv|wy),? \d{5}\b",
    ),
    numbered(
        Kind.ADDRESS,
        r"\b(?:(?:P\.? ?O\.?|post office|G\.?P\.?O\.?|mail|private|locked)[ -]?(?:Box|bag)|post ?fach|postbus|boîte postale|b\.?p\.?(?= \d{2,6},? (?:\d{5}|[A-Z]))|apartado(?: (?:de correos|postal))?|casella postale|caixa postal|skrytka(?: pocztowa)?|postboks|r\.? ?f\.? ?d\.?|rural (?:route|delivery)|r\.? ?r\.?(?= ?#?\d+,? box)|county (?:road|rd)|c\.?r\.?(?= \d+,? [A-Z])|state (?:road|route)(?= \d+, [A-Z])|star route|h\.?c\.?(?= \d+,? box)|route(?= \d+,? box))"
        rf"[ #:.-]{{0,3}}(?:no\.? )?\d{{1,7}}[a-z]?(?:,? box #?\d+[a-z]?)?(?:, (?:{_FOREIGN})|{_TAIL})",
    ),
)
PLACES: tuple[Pattern, ...] = (
    # The street before its number, without a word for a street, behind the word for an address.
    numbered(
        Kind.ADDRESS,
        rf"\b(?:address|adresse|anschrift|(?:live|lives|lived|living|reside|resides|residing|wohne|wohnt|located|flat is|house is) (?:at|in der|am|im|an der|near))(?: (?:is|was|ist|war))? ?[:=(\"'*]{{0,3}} ?(?P<it>{_WORD}(?: {_WORD}){{0,2}} (?!19|20)\d{{1,4}} ?[a-z]?\b(?:, (?:{_FOREIGN}))?)(?! (?:years?|months?|times?|days?|miles?|km|percent)\b)",
    ),
    numbered(
        Kind.ADDRESS,
        rf"\b(?-i:(?:Ost|West|Nord|Süd|Süder|Norder|Neuer? ?|Alter? ?)(?:wall|ring|hof|kai|tor|steig|park)) \d{{1,3}} ?[a-z]?\b(?:, (?:{_FOREIGN}))?",
    ),
    # A flat, then a number and a street of one word or more.
    numbered(Kind.ADDRESS, rf"\b(?:flat|apartment|apt|unit|suite) \d{{1,5}}[a-z]?, \d{{1,5}}[a-z]? {_WORD}(?: {_WORD}){{0,3}}{_TAIL}"),
    numbered(Kind.PLACE, r"(?<![\d.])-?\d{1,2}\.\d{4,}°?[NS]?, ?-?\d{1,3}\.\d{4,}(?!\d)"),
    numbered(
        Kind.ADDRESS,
        rf"{_FLAT}\b\d{{1,5}}[a-z]?(?:[-/]\d{{1,4}}[a-z]?)?,? (?:[nsew]\.? )?(?:{_NO_STREET}(?:[^\W\d_][\w'.-]*|\d+(?:st|nd|rd|th)) ){{1,3}}(?:{_STREETS})\b{_TAIL}",
    ),
    numbered(
        Kind.ADDRESS, rf"{_FLAT}\b\d{{1,5}}[a-z]?(?:[-/]\d{{1,4}}[a-z]?)?,? (?:[nsew]\.? )?(?:(?-i:[A-Z0-9])[\w'.-]* ){{1,3}}(?-i:{_SHORT_STREETS})\b\.?{_TAIL}"
    ),
    numbered(Kind.ADDRESS, rf"\bP\.? ?O\.? ?Box \d+{_TAIL}"),
    numbered(
        Kind.ADDRESS,
        r"\b(?-i:(?:Am|Im|An der|Zum|Zur|Auf der|Unter den) )?(?-i:[A-ZÄÖÜ])[\w-]*?(?:straße|strasse|str\.|gasse|allee|platz|weg|damm|ufer|markt|chaussee|graben|straat|laan|plein|gracht|kade|singel|dijk|gata|gatan|gade|vej|vägen|veien|katu|tie|utca)(?: \d{1,4} ?[a-z]?\b)(?:[/-]\d{1,4}){0,3}(?:, (?:[^,.!?]{1,25}, ){0,2})?(?:,? ?(?:[A-Z]{1,2}-)?(?:\d{4,5}|\d{3} \d{2})(?: [A-Z]{2})? (?-i:[A-ZÄÖÜ])[\w-]+)?",
    ),
    numbered(
        Kind.ADDRESS,
        r"\b\d{1,4}(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours) (?:de la |de l'|du |des |de |d'|l')?[\w'-]+(?: (?-i:[A-ZÀ-Þ])[\w'-]+){0,4}(?:,? \d{5} (?-i:[A-ZÀ-Þ])[\w-]+)?",
    ),
    numbered(
        Kind.ADDRESS,
        r"\b(?-i:Calle|calle|Avenida|Avda\.?|Plaza|Paseo|Via|Viale|Piazza|Corso|Rua|Travessa|ul\.) (?:de la |del |de los |de |la |da |do |della |dei )?(?-i:[A-ZÀ-Þ])[\w'-]+(?: (?:de |del |la )?(?-i:[A-ZÀ-Þ])[\w'-]+){0,4},? (?:n[º°.]? ?)?\d{1,4}[a-z]?\b",
    ),
    numbered(
        Kind.ADDRESS, rf"{HAN}{{0,12}}?{HAN}{{1,6}}(?:路|街|巷|弄|大道|胡同)\d+号(?:楼?\d+室?)?|{HAN}{{0,8}}[区市町村]{HAN}{{1,8}}\d+(?:-\d+){{1,2}}(?!\d)"
    ),
    numbered(Kind.ADDRESS, r"\b(?-i:[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2})\b|\b(?-i:[A-Z]\d[A-Z] \d[A-Z]\d)\b"),
    numbered(
        Kind.ADDRESS,
        r"(?:\b(?-i:[A-Z][a-z]+(?: [A-Z][a-z]+){0,2}), ?)?\b(?-i:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),? \d{5}(?:-\d{4})?\b|\b(?:zip|zip ?code|post ?code|postleitzahl|plz)(?: ?(?:is|:)){0,2} ?(?P<it>\d{5}(?:-\d{4})?)\b",
    ),
    numbered(
        Kind.ADDRESS,
        rf"\b\d{{1,5}}(?: ?bis| ?ter)?,? (?:rue|avenue|av\.|boulevard|bd|place|chemin|ch\.|allée|impasse|quai|cours|route|(?-i:Via|Viale)|calle|avenida|rua|paseo|camino) (?:{_WORD}|de|la|du|des|del|los|las|l'|d')(?: (?:{_WORD}|de|la|du|des|del)){{0,3}}{_TAIL}",
    ),
    numbered(
        Kind.ADDRESS,
        rf"\b(?-i:Rue|rue|Avenue|Av\.|Chemin|Place|Quai|Route|Boulevard|Bd|Ulica|ulica|Aleja|al\.|os\.|Strada|strada|Str\.|C/|Jalan|Jl\.|Jln|Rua|Praça|Largo|Piazza|Viale) (?:de la |de l'|du |des |de |d'|l')?{_WORD}(?: {_WORD}){{0,3}},? (?:n[º°.]? ?|no\.? ?)?{_NUMBER}\b(?:, (?:{_FOREIGN}))?",
    ),
    numbered(Kind.ADDRESS, rf"\bbox #?\d{{1,6}}, {_TOWN},? (?:{_STATE}|{_STATES})\b(?:,? \d{{5}})?"),
    numbered(Kind.ADDRESS, rf"\b(?:general delivery|poste restante), {_TOWN},? (?:{_STATE}|{_STATES})?(?:,? \d{{5}})?"),
    # Behind a word for where somebody lives, without a word for the street.
    numbered(
        Kind.ADDRESS,
        rf"\b(?:address(?:ed)?|adresse|dirección|direccion|indirizzo|lives?|lived|living|reside[sd]?|located|moved|house|home|apartment|flat|property|place|ship(?:ped)?|mail(?:ed)?|deliver(?:ed)?|sent|went|evicted|inherited)"
        rf"(?: (?:at|to|from|is|was|on|it|of|in|a|my|his|her|our|me|us|over|out)){{0,3}}[ :(\"'=]{{1,3}}(?P<it>{_NUMBER} (?!(?:Form|Schedule|BMW|Honda|Toyota|Ford|Chevy|Roth|IRA|Chapter|Visa|USD|EUR|GBP)\b){_WORD}(?: {_WORD}){{0,3}}{_TAIL})",
    ),
    numbered(Kind.ADDRESS, rf"\b\d{{1,5}}[a-z]? (?:[nsew]\.? )?(?:{_NO_STREET}[a-z\d'.-]{{2,20}} ){{1,3}}(?:ave|rd|blvd|ln|hwy|pkwy|cir)\b(?!\.\d)"),
    numbered(
        Kind.ADDRESS,
        rf"\b\d{{1,5}}[a-z]? (?:[nsew]\.? )?(?:{_NO_STREET}[a-z\d'.-]{{2,20}} ){{1,3}}(?:st|dr|ct|pl)\b\.?(?=,? (?:apt|unit|ste|suite|flat|#)|, [a-z ]{{3,20}},? [a-z]{{2}}\b)(?:,? {_UNIT}){{0,2}}",
    ),
)
