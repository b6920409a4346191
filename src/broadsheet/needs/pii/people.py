"""Words about persons: what announces a name, and what is never one."""

import re

# Banks, firms, products, places, months, greetings: capitalised in posts, and nobody's name.
_NO_PART = frozenset(
    """
    i it the a an my this that these those in on at to of for from by with we you they he she but and or so if as is are was were be been am no not yes any all each every some
    what when where who why how which can could would should will do does did has have had just also then than there here now please help edit update tldr tia thanks thank cheers
    hello hi hey dear sir madam sirs team everyone everybody folks guys reddit friend friends support customer service services care department dept office officer center centre
    """.split()
)
_NEVER = _NO_PART | frozenset(
    """
    bank banks banking union credit debit card cards account accounts acct checking savings loan loans mortgage mortgages financial finance finances capital insurance assurance
    investment investments investing fund funds trust money market markets stock stocks bond bonds index etf ira roth sep simple traditional rollover hsa fsa tax taxes irs hmrc
    federal reserve fed government agency bureau board commission committee council court county city state states united kingdom america american european union international national
    inc llc ltd corp co company group plc gmbh university college school hospital clinic church street road avenue lane drive court boulevard
    buy wells fargo chase citi citibank barclays hsbc lloyds natwest santander revolut monzo n26 wise paypal venmo zelle cash app coinbase binance kraken robinhood fidelity vanguard schwab
    merrill betterment wealthfront sofi ally discover amex express visa mastercard maestro equifax experian transunion fico vantage karma turbotax intuit quicken mint ynab excel google
    apple amazon walmart target costco uber lyft doordash ebay etsy netflix comcast verizon facebook instagram whatsapp telegram discord microsoft windows android iphone mac chrome
    honda toyota ford chevy bmw tesla kia nissan hyundai jeep civic corolla camry tacoma
    january february march april june july august september october november december jan feb apr jun jul aug sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
    new york los angeles san diego las vegas south north east west southern northern eastern western texas california florida ohio london paris berlin madrid toronto sydney
    england scotland wales ireland france germany spain italy canada australia india china japan mexico europe africa asia brazil poland nigeria british english french german
    spanish italian indian chinese japanese canadian australian irish scottish dutch swedish polish christmas easter thanksgiving covid medicare medicaid social security
    chapter section part form schedule line box act rule plan series class type code title public law order notice letter policy number phone email mail address date name amount
    due balance total payment payments transfer deposit refund bill fee fees interest rate apr apy rent lease house home car auto student debt emergency budget retirement pension
    high low big small good bad best worst first second third last next final old young long short real true free fair full half left right same great happy merry
    wow omg lol ok okay well sorry anyone someone somebody anybody nobody everything nothing anything something question questions advice needed looking trying called call text
    mom mum dad mother father brother sister husband wife son daughter uncle aunt auntie grandma grandpa god lord jesus mr mrs ms miss dr prof sr jr phd cpa esq manager
    president director agent trustee attorney lawyer doctor nurse professor senator judge officer detective sergeant representative
    prime plus premium gold silver platinum sapphire preferred reserve freedom blue everyday venture quicksilver black flex unlimited rewards standard basic pro
    direct global first republic citizens regions suntrust truist pnc us usaa navy aarp aaa sallie mae fannie freddie mac navient nelnet mohela aidvantage dave ramsey suze orman
    human resources employee benefits fresh performance improvement certified registered software senior junior dollar averaging lump sum laundering talent acquisition licensed health life
    loyalty rul proc stat hours returns return report reports final gen reg etc vs ps fyi imo faq diy myself
    warren buffett graham bogle boglehead bogleheads
    """.split()
)
_PAIRS = frozenset(
    """edward jones|charles schwab|morgan stanley|goldman sachs|raymond james|jackson hewitt|john hancock|marcus goldman|lincoln financial|liberty mutual|northwestern mutual|mr cooper|jp morgan|kelley blue
    |home depot|best buy|ray dalio|elon musk|joe biden|donald trump|barack obama|jerome powell|janet yellen|martin luther|saint patrick|green dot|hong kong|puerto rico|costa rica|abu dhabi|santa fe|baton rouge
    |salt lake|st louis|pell grant|stafford loan|perkins loan|murphy bed|ponzi scheme|monte carlo|dow jones|standard poor|lending tree|rocket lawyer|taco bell|burger king|wendys|marks spencer|sainsburys|tesco""".replace(
        "\n", ""
    )
    .replace("|    ", "|")
    .split("|")
)
# Persons to the writer, and persons by what they do.
RELATIONS = (
    r"husband|hubby|wife|spouse|partner|fianc[ée]e?|boyfriend|girlfriend|bf|gf|so|dh|dw|son|daughter|child|children|kids?|sons|daughters|boys|girls|friends|brothers|sisters|baby|twins?|brother|bro|sister|sis|sibling|mother|father|mum|mom|mommy|mummy|dad|daddy|parents?|uncle|aunt|auntie|cousin|nephew|niece"
    r"|grand(?:mother|father|ma|pa|son|daughter|dad|mum|parents?)|nan|nana|granny|gran|gramps|step-?(?:mother|father|mom|mum|dad|son|daughter|brother|sister)|(?:mother|father|brother|sister|son|daughter)s?[ -]in[ -]laws?|in-law|fil|mil|bil|sil|ex|ex-(?:husband|wife|partner|boyfriend|girlfriend)"
    r"|godmother|godfather|godson|goddaughter|widow|widower|friend|bestie|mate|buddy|pal|boss|colleague|coworker|co-worker|roommate|room-mate|flatmate|housemate|neighbou?r|guardian|carer|caregiver|dependent"
)
TRADES = (
    r"manager|supervisor|landlord|landlady|tenant|sub-?tenant|lodger|client|teacher|tutor|professor|principal|doctor|nurse|dentist|vet|therapist|counsel?lor|accountant|bookkeeper|cpa|preparer|attorney|lawyer|solicitor|barrister|paralegal|notary|advis[eo]r|planner|realtor"
    r"|agents?|reps?|representative|officer|clerk|teller|banker|cashier|trustee|executor|executrix|administrator|admin|treasurer|secretary|president|chair(?:man|woman|person)?|director|owner|founder|ceo|broker|recruiter|employer|employee|contractor|plumber|electrician|mechanic|builder|roofer"
    r"|handyman|seller|buyer|sender|recipient|receiver|payee|payer|payor|beneficiary|beneficiaries|guarantor|co-?signer|co-?borrower|borrower|applicant|co-?applicant|insured|policyholder|holder|cardholder|account ?holder|claimant|plaintiff|defendant|debtor|creditor|collector|investigator|detective|adjuster|caseworker|case ?worker|social worker|inspector"
    r"|scammer|fraudster|thief|guy|lady|man|woman|dude|gentleman|girl|boy|person|somebody|someone|one|user|member|customer|patient|student|donor|donee|witness|heir|decedent|deceased|grantor|grantee|titulaire|inhaber(?:in)?|kontoinhaber(?:in)?|empfänger(?:in)?|titular|beneficiario|bénéficiaire|intestatario|rm|gestor|steuerberater(?:in)?|berater(?:in)?|vermieter(?:in)?|abogad[oa]|avocat|notaire|propriétaire|dueñ[oa]"
)
# What is said or written before a name.
_SAID = (
    r"(?:full |legal |first |last |maiden |middle |real |given |family |sur|birth |account |card |display |married |his |her |their |my )?names?|surname|forename|vorname|nachname|nom|prénom|nombre|apellidos?|nome|cognome|sobrenome|naam|navn|namn|imię|nazwisko|jméno|név"
    r"|named|called|calls? (?:me|him|her|himself|herself|themselves)|calling (?:me|him|her)|known as|goes by|go by|aka|a\.k\.a\.?|a/k/a|f/k/a|fka|alias|formerly|née|born|myself|me llamo|soy|je suis|je m'appelle|ich bin|ich heiße|mi chiamo|sono|io sono|meu nome é|ik ben|jag heter|jeg heter|signed|signed by|signature|sincerely|regards"
    r"|attn|attention|fao|c/o|care of|on behalf of|in the name of|under the name|name of|made out to|payable to|addressed to|registered to|belongs? to|issued to|titled to|sold to|paid to|wired? to|sent to|owed to|contact|ask for|asked for|speak (?:to|with)|spoke (?:to|with|w/)|spoken (?:to|with)|talk(?:ed|ing)? (?:to|with)"
    r"|estate of|order of|me and|myself and|names|naming|and me|re(?= ?:)|in re|bill(?:ed)? to|poa for|power of attorney for|heirs? of|ward of|trust of|son of|daughter of|wife of|husband of|widow of|speaking (?:to|with)|met with|meet with|met|thanks to|shout ?out to|kudos to|courtesy of|this is|this was|i'm|i am|im|hello from|note|(?:from|to|cc|bcc|by|note)(?= ?:)|(?:sent|wired?|paid|gave|lent|loaned|owed?|transferred|zelled|venmoed|belong(?:s|ed)?|married|divorced|engaged) (?:\S{1,12} ){0,3}(?:to|from|by)|(?:borrowed|bought|received|got|rented|stolen|scammed|signed|written|sold|altered|changed|forged|switched|renamed|made) (?:\S{1,12} ){0,3}(?:from|by)|(?:zelle|venmo|paypal|transfer|payment|wire|checks?|cheques?|money|deposit|package|parcel|mail|letters?|calls?|ask(?:ed|ing|s)?|looking|searching|messages?|texts?|e-?mails?) (?:to|for|from|by)|(?:co-?signed|guaranteed|witnessed|notari[sz]ed|opened|owned|held|issued|managed|handled|prepared|drafted|sponsored|represented|employed|hired|contacted|approached|recommended|referred|introduced|transferred) (?:by|to|for)|(?:deed|title|lease|will|cheque|check|card|envelope|label|licen[cs]e|paper)(?= ?:)|(?:says?|reads?|printed|spelled|spelt|stamped|written)(?= \")|dr|mr|mrs|ms|mx|miss|sir|dame|lord|lady|rev|fr|prof|sgt|capt|lt|det|hon|judge|justice|detective|sergeant|trooper|pastor|herr|frau|señora?|sra?|don|doña|dott(?:\.?ssa)?|dra?|ing|avv|geom|rag|mme|mlle|maître|monsieur|madame|m|pan|pani|shri|smt|sri|kumari|sardar|haji|ustad"
)
_FILL = r"(?: (?:is|was|named|called|info|details|said|says|to|write|only|as|of|that|he|she|they|here|again|today|of mine|at work|at the bank|i think|who|goes|whose|name|names|on|card|acct|account|calls?|himself|herself|apparently|supposedly|mr|mrs|ms|dr|miss|late|dear|own|isn'?t mine|isnt mine|\w+'s))"
_TITLE = r"(?:(?:mr|mrs|ms|mx|miss|dr|prof|herr|frau|sr|sra|mme|dott|avv|ing|rev|hon|shri|smt)\b\.? ?){0,2}"
_OPEN = r"[ ?:=\"'(\[<>/|,*_.-]"
LEADS = rf"(?<![\w'])(?:{RELATIONS}|{TRADES}|{_SAID})(?![\w']){_FILL}{{0,4}}{_OPEN}{{1,4}}{_TITLE}[\"'(]?\Z"
FOLLOWS = (
    rf"[\"')]?,? ?\(?(?:(?:my|our|the|his|her|their|an?) (?:[\w'-]+ ){{0,3}}(?:{RELATIONS}|{TRADES})\b|(?:EA|CPA|CFP|Esq|MD|PhD|JD|RN|LLB|FCA|ACA)\b|\(?(?:she/her|he/him|they/them)|aka\b|calls? (?:himself|herself)|(?:is|was) (?:my|our|the|his|her) (?:\w+ )?(?:{RELATIONS}|{TRADES})\b"
    r"|here(?=[,.]? (?:\(|\d|from|in|with|again)|,)|(?:born|d\.?o\.?b|age|aged|\(?\d{2}[,)]))"
    rf"|(?: just| then| also)? (?:told (?:me|us)|texted|promised|swears|swore|hung up|ghosted|scammed|conned|kept (?:calling|saying)|lives?|lived|passed away|died|was born|retired|picked up|answered|stole|owes|works|worked|who (?:is|was|works|said|told|called)|from (?:the|my|our) (?:bank|branch|fraud|office|church|gym|agency|school)|at (?:the|my|our) (?:bank|branch|credit union|office))\b"
    r"|'s (?:account|name|number|e-?mail|phone|signature|ssn|file|estate|credit|birthday|house|lawyer|loan)\b"
)


_CUE = re.compile(rf"(?:{RELATIONS}|{TRADES}|{_SAID})")


def is_no_part(word: str) -> bool:
    """Whether a word in small letters is one of sentences, and part of no name."""
    return word in _NO_PART


def is_person(text: str) -> bool:
    """Whether capitalised words may be somebody's name: none is a word of banks, months or places.

    >>> [is_person(text) for text in ("Orla Quist", "Wells Fargo", "Edward Jones", "April")]
    [True, False, False, False]
    """
    # One letter is an initial, at the end with a full stop.
    parts = [word for word in re.split(r"[ ,]+", text.lower().strip(" ,\"'")) if len(word.strip(".")) > 1 or word == text.lower()]
    words = [word.strip(".").removesuffix("'s") for word in parts]
    # The word that announces a name is no part of it.
    is_cue = bool(len(words) > 1 and len(words[0]) > 4 and _CUE.fullmatch(words[0]))
    has_word = any(word and "." not in word for word in words)
    return has_word and not is_cue and not any(word in _NEVER for word in words) and " ".join(words[:2]) not in _PAIRS


def without_rest(text: str) -> str:
    """Return a name without the words behind it that begin the next sentence.

    >>> without_rest("Orla Quist Thanks")
    'Orla Quist'
    """
    while " " in text:
        rest, _, last = text.rpartition(" ")
        # One letter is an initial, but for "I".
        if last.lower() not in _NO_PART or (len(last) == 1 and last != "I"):
            break
        text = rest
    return text
