"""Personal data behind their cues and before them, in wrappers, in pairs and once more; and posts that tempt and must stay whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.needs.pii.again import unwrapped
from broadsheet.needs.privacy import scrub

# What stands between `{{` and `}}` must go; `\\n` is a line break.
FOUND = r"""
changed my PIN from {{4471}} to {{9920}} yesterday
we switched the passcode from '{{118822}}' to '{{991177}}'
my old PIN was {{1987}} until last week
the PIN is {{4471}} or {{9920}}, I forget which
either {{4471}} or {{9920}} as my PIN
PINs: {{4471}}, {{9920}} and {{7316}}
the card's PIN (it's {{4471}}) was seen
{{4471}} used to be my ATM PIN
Is {{4471}} a good PIN?
pin -> {{4471}}
PIN | {{4471}} |
PIN\n{{4471}}
my PIN is [{{4471}}]
my PIN is **{{4471}}**
my PIN is «{{4471}}»
my PIN is _{{4471}}_
Voicemail PIN = `{{4471}}`
I picked {{7316}} for my PIN
my password is {{monkey}} and they got in
my password was {{sunshine}}.
password: {{sunshine}}
Passwort: {{Sonnenblume}}
mein Passwort ist {{sonnenblume}}.
the passphrase is "{{correct horse battery staple}}"
passphrase: {{correct-horse-battery-staple}}
my password used to be {{sunshine}} for years
changed password from {{sunshine}} to {{moonlight}}
I changed my password from "{{sunshine}}" to "{{moonlight}}"
'{{sunshine}}' is my password
{{Sunsh1ne!}} is my password
log in with {{tom_fields}} / {{Sunsh1ne!}}
login: {{tfields88}} / {{Sunsh1ne!}}
username {{tfields88}} password {{Sunsh1ne!}}
user {{tfields88}} pass {{Sunsh1ne!}}
use {{Sunsh1ne!}} as the password
I reuse the password {{Sunsh1ne!}} everywhere
my password ends up being {{Sunsh1ne!}}
set it to {{Sunsh1ne!}} as my new password
the pwd was "{{sunshine}}"
password [{{sunshine}}]
password ({{sunshine}}) got leaked
password was *{{sunshine}}*
my wifi password is {{bluechair}}
the code to the safe is {{447182}}
PM {{thrifty_otter}} for the sheet
DM me at {{thriftyotter22}}
DM {{ThriftyOtter}} on here
message {{xotter77x}}
I'm {{thrifty-otter-7}} over on the other forum
I'm {{ThriftyOtter}} on reddit
I go by {{ThriftyOtter}} here
you may know me as {{ThriftyOtter}}
logged in as {{jquill4471}}
signed in as '{{jquill}}' and saw nothing
my handle is {{thriftyotter}}.
my gamertag is {{ThriftyOtter}}
gamertag: {{OTTER2277}}
my username on here is {{thriftyotter}}
my username on this site was {{ThriftyOtter}} until 2019
{{ThriftyOtter}} on discord has the list
{{thrifty_otter}} on telegram scammed me
login = {{OTTER2277}}
login ID {{OTTER2277}}
username [{{thriftyotter}}]
username: "{{thriftyotter}}"
username: **{{thriftyotter}}**
As {{ThriftyOtter}} said above
thanks to {{thrifty_otter}} for the tip
{{ThriftyOtter}} wrote in another thread that
my online banking ID is {{jquill4471}}
customer ID {{jquill4471}} is locked
my account name is {{jquill4471}}
add me: {{thriftyotter#4471}}
my reddit name is {{ThriftyOtter}}
same user as {{thrifty_otter}} on bogleheads
name: {{marta quill}}
full name: {{marta jane quill}}
ask for {{marta quill}} at the desk
my boss {{kevin braithwaite}} says no
my husband {{tom}} lost his job
my sister {{julia quill}} owes me
mr. {{braithwaite}} signed
dr {{braithwaite}} said it is covered
frau {{lindner}} hat angerufen
regards,\n{{marta}}
cheers, {{tom quill}}
the adviser is called {{sandra quill}} and
account in the name of {{peter quill}}
made out to {{marta quill}}
i'm {{marta quill}} and i owe 5k
{{marta quill}} here, long time lurker
account holder: {{marta quill}}
beneficiary - {{marta quill}}
Name: {{Grace Long}}
My name is {{Mark Young}} and
{{Grace Long}}\n12 Elm Street, Leeds LS6 2QT
licence #{{QUILL851234AB9CD}}
licence no. {{Q123-4567-8910}}
driver's license: {{Q1234567}}
my DL is "{{q1234567}}"
driver license number ({{QU-12-44-99}})
passport {{AB1234567}}
passport no. is [{{123456789}}]
passport -> {{C01X00T47}}
my plate is {{ABC 1234}}
plate: {{8ABC123}}
number plate "{{LK21 XYZ}}"
reg no {{AB12 CDE}}
DL: {{B12 345 678}}
license number is {{12345678}}
my account is {{4471 2290 118}}
account number "{{4471-2290-11}}"
sort code {{20-44-71}} account {{44712290}}
BLZ {{500 105 17}}
Konto {{4471229011}}, BLZ {{50010517}}
routing number {{0210 0002 1}}
IFSC {{HDFC0004471}}
IFSC: "{{hdfc0004471}}"
account ends in 4471? Mine in full is {{44712290}}
account number was {{44712290}}, now it is {{55718834}}
They show account {{44712290}} where it should be {{55718834}}
the statement has {{4471229011}} instead of {{4471229012}}
my SSN is {{531-60-2214}} but theirs says {{531 60 2241}}
call {{+44 7700 900123}} or {{+44 7700 900456}}
my policy no. is {{PL-447122}} (was {{PL-998271}})
order number {{112-4471229-0118822}} from the shop
my order # is {{W447122901}}
my customer number: {{4471 2290}}
email {{quill.marta@example.org}}, again {{quill.marta@example.org}}
I live at {{14 Harbour Lights Way}}
my date of birth is ({{14 March 1985}})
DOB -> **{{1985-03-14}}**
My bank password is {{Tigger!2009}} so no wonder
they guessed the password, which was {{tigger2009}}
hacker emailed me my real password {{tigger2009}}
the password I used: {{tigger2009}}
my go-to password ({{tigger2009}}) was in the leak
The login is {{tquill}} and the password is {{tigger2009}}
username/password: {{tquill22}}/{{tigger2009}}
pass = {{tigger}}
Password = "{{tigger lamp}}"
my old password {{tigger2009}} got replaced by {{Lamp#4411}}
new password: {{Lamp#4411}} (old: {{tigger2009}})
I typed {{Lamp#4411}} as my password
my pin is the same as my wife's, {{4471}}
four digit PIN of {{4471}}
PIN: **{{4471}}**
The code for the card is {{4471}}
Her PIN, {{4471}}, is her birth year
he watched me type {{4471}}, my PIN
my phone unlock pin {{447192}}
the machine kept asking and I entered {{4471}} for the pin
telephone banking passcode: {{447192}}
my pin's {{4471}}
pin no {{4471}}
You can find me as {{thrifty_otter}} on Bogleheads
Bogleheads user {{thriftyotter22}} here
{{thriftyotter22}} here, long time lurker
u/{{thrifty_otter}} had the answer
@{{thriftyotter}} thanks
Same guy on twitter: @{{thriftyotter}}
my IG: {{thrifty.otter}}
Insta - {{thrifty.otter}}
Telegram: {{thriftyotter}}
his telegram was {{cryptoking77}}
a user called {{CryptoKing77}} messaged me
the scammer, {{CryptoKing_77}}, wanted gift cards
Venmo me at {{thrifty-otter}}
Cash app {{$thriftyotter}}
steam name {{ThriftyOtter}}
my screen name was {{thriftyotter}} back then
user ID: {{TQ447122}}
User name is {{tquill.marta}}
my online ID, {{tquill77}}, is locked
account under the username "{{tquill}}"
handle: {{thriftyotter}}
alias {{ThriftyOtter}}
My mother, {{Jean Quill}}, died
my mother {{jean quill}} died in may
my late husband {{Tom Quill}} left me 50k
The letter is addressed to {{Tom Quill}}
Talked with {{Sandra}} from Chase
spoke to {{sandra quill}} at the bank
my kids {{Tom}} and {{Marta}}
my daughter {{marta}} starts college
our advisor, {{Kevin Braithwaite}}, charges 1%
The notary was {{K. Braithwaite}}
Mr {{Braithwaite}} of HSBC
Mrs. {{Jean Quill-Ward}} called
Signed, {{Marta Quill}}
- {{Marta}}
Love, {{Marta}}
Yours, {{Marta Quill}}
I'm {{Marta}}, 34, from Leeds
Name on the card: {{MARTA QUILL}}
This is {{Marta Quill}} again
{{Marta Quill}} here again
Driver's licence: {{QUILL 851234 AB9CD}}
Licence number is {{QUILL851234AB9CD}} per DVLA
DL# {{D123-4567-8901}}
my DL num: {{D12345678}}
driving license ({{DL-0420110149646}}) was copied
License plate {{7ABC123}}
my tag is {{ABC1234}}
passport number [{{X1234567}}]
Reisepass Nr. {{C01X00T47}}
passport {{123456789}} expires soon
my account {{44712290}} at Barclays
acct: {{0044712290}}
A/C {{44712290}}, sort {{20-44-71}}
from account {{44712290}} to account {{55718834}}
savings acct no. {{447-122-90}}
my IFSC code is {{HDFC0001234}}
ABA {{021000021}}
routing # {{021000021}}, account # {{4471229011}}
IBAN {{DE89 3704 0044 0532 0130 00}}
my SSN ({{531-60-2214}})
last four {{2214}}
social: {{531602214}}
NI number {{QQ 12 34 56 C}}
Steuer-ID {{86 095 742 719}}
PAN {{ABCPQ1234R}}
aadhaar no {{4421 9087 3315}}
card {{4111 1111 1111 1111}} exp 04/27 cvv {{331}}
my card is {{5500-0000-0000-0004}}
phone {{07700 900123}}
whatsapp me {{+91 98450 33199}}
reach me on {{0151 4477 1290}}
my IP was {{203.0.113.9}}
born {{14/03/1985}}
DOB {{14.03.1985}}
{{14 March 1985}} (my DOB)
I was born on {{March 14, 1985}}
{{12 Elm Street, Springfield, IL 62704}}
I live in {{Flat 3, 12 Elm Road, Leeds LS6 2QT}}
""".strip().splitlines()
LEFT = r"""
I forgot my password and the bank made me change it from my phone
My password is the same everywhere, is that bad?
The password manager was useful, the password reset was not
Is "password" a bad password to have?
I changed my password from Chrome to Firefox sync
We went from weak to strong passwords last year
They asked for my password and I said no
my password used to be easy, now it is long
the password field is grey and the pin pad is dead
I keep passwords in a notebook at home
my passphrase is written on paper
PIN pad at the pump was broken, so I paid 45 inside
I tried my PIN 3 times and the card was blocked
I changed my PIN in 2019 and again in 2021
They changed the PIN from 4 to 6 digits
our pin was never shared with anyone
PM me for details
DM the mods about it
pm sent, thanks
message me if you want the sheet
PM me on Monday at 5 pm
DM me if you are in the UK
ping support until they answer
I'm Broke over here
I'm Retired and happy over here
I'm 62 on Medicare
I logged in as usual and saw nothing
I signed in as a guest
signed in as the account owner
log in with your email and try again
log in with face id or fingerprint
username and password are both wrong
my username is missing from the list
my handle on this is weak
PayPal said the transfer is pending
TurboTax said I owe 300
YouTube on discord is no advice
as TurboTax said above
thanks to QuickBooks for nothing
I trade on eToro and use MoneyLion on my phone
name: brand
fund name: total market index
Name | Price | Fee
account name: joint savings
name: savings account, rate: 4.5%
my boss says no
my husband wants a boat and my wife wants a house
my sister lost her job
my dad will pay, my mom may help
my son can drive, my friend bill collectors call daily
my landlord is rich, I hope
ask for a manager, ask for extra time, ask for store credit
made out to cash, in the name of my wife
check made out to the county
payable to the water company
ms office costs 100 a year, dr visits cost 50
mr market is moody
the dr. bill was 400
my dr. said rest
regards,\na tired saver
cheers,\nstill saving
thanks,\nany advice welcome
May the rate fall. Will it? Grace period is 21 days
Mark to market, Bill Pay, Rich Dad, Chase Freedom
fees went from 1.2% to 0.4%
it used to be 4%, now it is 3%
the limit went from 5000 to 7500
my rent went from 1850 to 2100
from 2019 to 2023 rates rose
it shows 250000 where it should be 300000
the balance shows 12,500 where it should be 12,900
my loan was 310000 until 2021 and 275500 after
Dell XPS 9370 and Canon EOS 5D4, model QN65Q80C
model number LG27UK850, error code E1047
form W-2, form 1099-INT, schedule K-1, TLS 1.2, COVID-19
license fee of 2500 and permit cost 12000
driver's license class B, 2 points
the passport costs 130 and takes 12 weeks
my licence expires in 2026
plates cost 85 a year
the plate was broken
registration was 120 in 2022
(5) the fee [2021] was *high* and _very_ "unfair"
see note (12) and table [3]
account (joint) since 2015
section (401k) and [50/30/20] and "60/40"
my account is "closed" and my card is (again) blocked
the code of conduct is 20 pages
my code is bad: python 3.11
https://www.irs.gov/taxtopics/tc451 explains it
www.irs.gov/forms and example.org/guides/budget-2024
my notes on it are short
my bank is at example.org/branches says the site
the ticket was 120 and the order was 2 days late
state-of-the-art, out-of-pocket and pay-as-you-go
log in with two-factor authentication
my login stopped working in 2023
my credentials were in a breach in 2021
mine is 250000 in full
the full number is 12 at most
someone called me, i am tired
""".strip().splitlines()
WRAPPERS = [('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"), ("'", "'"), ("`", "`"), ("*", "*"), ("**", "**"), ("_", "_"), ("[", "]"), ("(", ")"), ("<", ">")]
TOLD = [
    ("my PIN is {}", "4471"),
    ("PIN: {}", "9920"),
    ("I changed the PIN from {} to 5583", "4471"),
    ("my password is {}", "Sunsh1ne88"),
    ("username {}", "otter_77"),
    ("PM {} for the sheet", "otter_77"),
    ("driver's license {}", "QLXYF13ZNE35"),
    ("my plate is {}", "8ABC123"),
    ("account number {}", "4471229011"),
    ("Kontonummer {}", "386 246 052"),
    ("my SSN is {}", "531 60 2214"),
    ("call me at {}", "(303) 555-0119"),
    ("my date of birth is {}", "14 March 1985"),
]


@pytest.mark.parametrize("line", FOUND)
def test_what_a_cue_tells_is_found(line):
    written = line.replace(r"\n", "\n")
    scrubbed = scrub(re.sub(r"\{\{|\}\}", "", written)).text
    assert not [value for value in re.findall(r"\{\{(.*?)\}\}", written) if value in scrubbed], scrubbed


@pytest.mark.parametrize("line", LEFT)
def test_a_post_that_tempts_stays_whole(line):
    text = line.replace(r"\n", "\n")
    assert scrub(text).text == text


@pytest.mark.parametrize(("sentence", "value"), TOLD)
@pytest.mark.parametrize(("before", "after"), WRAPPERS)
def test_a_value_is_found_in_any_wrapper(sentence, value, before, after):
    assert value not in scrub(sentence.format(before + value + after)).text


def test_what_was_found_once_goes_wherever_it_stands():
    assert scrub("My PIN is 4471. On the card somebody wrote 4471, not $4471.").text == "My PIN is [SECRET]. On the card somebody wrote [SECRET], not $4471."
    assert scrub("my name is Odile Brassard. Later Odile Brassard paid").text == "my name is [NAME]. Later [NAME] paid"
    assert "otter" not in scrub("username: thriftyotter\n\nand thriftyotter again").text


def test_a_second_number_of_the_same_make_is_personal():
    assert scrub("The W-2 shows SSN 502-24-7304 where it should be 694 72 5588").text == "The W-2 shows SSN [SSN] where it should be [SSN]"
    assert scrub("the DNI 12345678Z and then 12345678A").text == "the DNI [ID] and then [ID]"
    text = "of 12 345 678 pesos and 87 500 000 pesos, 20240805"
    assert scrub(f"account number 44 712 290 {text}").text == f"account number [ACCOUNT] {text}"


@given(st.text(alphabet="ab1 _*\"'()[]<>\n", max_size=40))
def test_a_text_without_its_wrappers_leads_back_to_the_text(text):
    bare = unwrapped(text)
    if bare is None:
        return
    kept, places = bare
    assert len(places) == len(kept) + 1
    assert places == sorted(set(places))
    assert "".join(text[place] for place in places[:-1]) == kept
    assert [char for char in kept if char.isalnum()] == [char for char in text if char.isalnum()]


HOSTILE = [
    "(1a) ",
    "*1a* ",
    '"a1" ',
    "password from a1b2c3 to ",
    "PIN 4471 or ",
    "marta ",
    "marta quill ",
    "dr. a ",
    "name: ab cd ",
    "PM a_1 ",
    "a.b/c1",
    "my x at ",
    "a-",
    "password ",
    "a_b_",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_long_text_of_one_thing_is_read_once(unit):
    text = (unit * 30_000)[:30_000]
    assert sum(one.end - one.start for one in scrub(text).replaced) <= len(text)
