"""Ways of writing personal data, class by class: what stands between `{{` and `}}` is replaced, and nothing beside."""

import pytest

from broadsheet.needs.privacy import scrub

FOUND = {
    "account": """
acct no. -> {{5520-118-93}} and nothing came
| account | {{88213 40977}} |
{"account_number": "{{7730041288}}", "balance": 120.50}
they pulled it from account (ending in {{0937}})
the checking ending {{4402}} is mine
my savings acct x{{5512}}
sort code = {{30 91 17}}, acct = {{55120984}}
s/c {{30-91-17}} please
routing on file: {{091000019}}
ticket #{{77120334}} is still open
claim no. {{HX/2023/55810}} denied
confirmation code: {{Q7HM2P}}
SWIFT code {{NTSBDEB1XXX}}
their UPI is {{ramkumar.t@okbank}}
CLABE {{014180605523344551}}
student id {{201855170}} at the office
order number {{448-2291-77}}
the invoice, ref. {{KL-2210-44}}, was paid twice
wallet {{TQn9Y2khEsLJW1ChVWFtMSkDJpfH8kzqW3}}
""",
    "card": """
debit card -> {{4716 2210 9903 1184}}
my card (16 digits, {{4716.2210.9903.1184}}) was cloned
{{4716 22** **** 1184}} is what the slip shows
amex {{3714-496353-98440}} gone
""",
    "social security": """
ssn on file = {{531 - 60 - 2214}}
{"ssn": "{{531602214}}"}
they have my social, it's {{531.60.2214}}
{{531 60 2214}} is my SSN and it leaked
""",
    "papers": """
licence plate: {{KX68 PVB}}
her plate is {{7TRM418}}, a grey car
my driver's license (state of WA) is {{WDL4409BX12}}
passport no.: {{LR8830127}}
Führerschein {{B072RRE2I55}}
my BSN is {{112 233 445}}
PESEL: {{80051512344}}
CPF {{529.982.247-25}}
Steuer-ID lautet {{86 095 742 719}}
Aadhaar -> {{4421 9087 3315}}
TFN {{865 414 088}}
""",
    "birth": """
"dob": "{{1979-12-30}}"
{{1961/05/12}} as DOB
bday: {{3 Sept '71}}
born on the {{7th of October 1968}} in Leeds
my date of birth (it's {{14.2.80}}) is wrong
DOB {{17-Mar-1990}}
b. {{22 June 1955}}
{{June 9th, 1984}} is my birthday
né le {{4 février 1973}}
she turned 65 on {{3/4/2021}}
born in {{May 1990}}
""",
    "mail": """
{{lena.kirsch @ posthaus dot net}}
write {{lena.kirsch[at]posthaus.net}}
{{lena_k AT posthaus DOT net}}
{{lenakirsch(a)posthaus.net}}
{{lena.k @ posthaus . net}}
e-mail is {{helpdesk at posthaus.net}}
""",
    "login": """
kik: {{lena_k77}}
find me on telegram, {{lena.k77}}
my venmo is {{lena-kirsch-4}}
username = {{lenak}}
user id {{lk44810}}
discord {{lenak#2210}}
cashapp {{$lenakirsch}}
skype {{live:lena.k}}
""",
    "link": """
{{https://anyhost.example/profile/lena-kirsch}} is hers
join with {{https://bonus.example/invite/QK7712}}
{{https://pay.example/x?ref=lena22}}
{{bit.ly/3xYzQ}} is where it leads
{{https://social.example/@lena_k}}
""",
    "name": """
My mother-in-law ({{Odile Brassard}}) pays
the notary, {{Tiberiu Vlas}}, signed
payee = {{Ngozi Adeyinka}}
Beneficiary: {{FERENC T. HALASZ}}
Kontoinhaber: {{Jürgen Weißhaupt}}
a check made out to "{{Delphine Auclair}}" bounced
account in the name of {{Sione Tuilagi}}
{{Odile Brassard}}, +44 7700 900123
ask {{Odile Brassard}} (odile.b@posthaus.net)
aka {{Rupert Swale}}
my name is {{odile brassard}} and I owe
Trustee {{Wendell Oakes}} called
the adviser is called {{María José Núñez de la Torre}}
{{Wendell P. Oakes}} owes me
a guy named {{wendell oakes}} took it
signed: {{W. Oakes}}
Wendell's boss {{Xiomara Quispe}}
I am {{Odile Brassard}}, a nurse
""",
    "address": """
{{Flat 4, 19 Tanner's Wharf, Hull HU1 2QB}}
I moved to {{2210 Cedar Hollow Trail, Apt. 12, Boise, ID 83704}}
{{Hinterm Deich 12a, 25899 Niebüll}}
{{Hno 12, Gandhi Nagar, Jaipur 302015}}
{{14 rue des Tisserands, 59100 Roubaix}}
{{Postfach 2210, 8021 Zürich}}
{{RR 3 Box 118, Salem, WV 26426}}
{{P.O. Box 118, Salem, West Virginia 26426}}
address: {{88 Old Quarry}}
{{Keizersgracht 411, 1016 EK Amsterdam}}
{{Ulica Długa 7, 00-238 Warszawa}}
{{412 maple ave}} is the house
{{9 Wattle Street, Fitzroy VIC 3065}}
""",
    "telephone": """
ring {{313/555-0190}} after six
Handy: {{0151/4477 1290}}
call me {{(020)79460991}}
line {{303 5550 114}}
{{seven oh three, 555 0119}} is mine
contact {{+49 (0) 30 / 5550 118}}
mob. {{98450-33199}}
{{512 - 555 - 0133}} ext. 4
""",
    "secret": """
my pin for both cards is {{7719}}
{{7719}} is my PIN
pass {{kq8zzt}} for the screen
passcode ({{118903}})
password for the app was {{gr33nhouse!}}
password is "{{swordfish}}"
the code was {{448 210}}
""",
}
LEFT = """
Form 1040-SR, Form 8938, a 1099-NEC and a W-2
12 CFR 1026.13, 26 U.S.C. 1031 and Rev. Rul. 2019-24
a 2019 Honda CR-V with 61,200 miles for $19,500
my account is 250000 short of the 1000000 I planned
an iPhone 15 Pro Max with 256 GB, Windows 11 23H2, error 0x80070057
Wells Fargo and Capital One told me to call Fannie Mae
This is Black Friday at Best Buy, and I'm Gen X
MY LANDLORD TOOK ALL MY MONEY AND THE BANK SAID NO
The seller asked New York State for it in March 2021
My boss said Bitcoin fell from 61000 to 54000 in 2022
I looked at mint.com and shopped at amazon.com at this point
my loan was 310000 in 2016 and 275500 in 2020
the case took from 2018-2019 to 2021-2022
the card costs 95 a year, 5% back at Costco and 3% on gas
tax code 1257L, chargeback code 13.3, rule 72(t), section 609
my password is wrong and my pin is blocked since 2021
Dear HMRC, my tenant's lease ends 31/12/2024
my discord is down and my venmo is locked
5 at 12.05 and 100 @ 27.99%
my birthday was great, and rent is due on 1 March 2024
QQQ, VTI, $AAPL and $gme are up
I'm Head Nurse, my wife is a Senior Analyst at Delta Airlines
credit card 0% for 18 months, then 24.99% APR
I called 3 times in 2 weeks, 45 minutes each
my son is 7 and my daughter is 12, we have 3500 saved
see https://www.example.org/guides/how-to-budget and https://example.org/news/2024/05/rates-rise
the bank's address in my letter was wrong, I moved in 2020
pay 500 by 03/12/2024, then 500 by 03/12/2025
I live on 1500 a month, at 12 percent
between one and two thousand, nine times out of ten
""".strip().splitlines()


def parts(line: str) -> tuple[str, str]:
    """Return a line as somebody writes it, and as it should be but for the placeholders."""
    pieces = line.replace("}}", "{{").split("{{")
    return "".join(pieces), "\0".join(pieces[::2])


@pytest.mark.parametrize("line", [line for lines in FOUND.values() for line in lines.strip().splitlines()])
def test_what_is_written_in_many_ways_is_found(line):
    text = parts(line)[0]
    scrubbed = scrub(text)
    gone = {place for one in scrubbed.replaced for place in range(one.start, one.end)}
    place = 0
    for number, piece in enumerate(line.replace("}}", "{{").split("{{")):
        if number % 2:
            left = "".join("_" if at in gone else text[at] for at in range(place, place + len(piece)))
            assert not any(char.isalnum() for char in left), (left, scrubbed.text)
        place += len(piece)


@pytest.mark.parametrize("text", LEFT)
def test_what_looks_like_personal_data_and_is_none_is_left(text):
    assert scrub(text).text == text


HOSTILE = "7|7 |12-|A|Abc |ABC |A. |at dot |a at b dot |(at)|[|(|a.|-a|Ab, |Ab 1, |https://a/|a1/|x|xx-|+1 |12:ab:|one two |my name is |1/1/|account 12345678 |@a |#1 |12 Elm Street, |PO Box 1 |Regards\n|A\n".split(
    "|"
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_long_text_of_one_thing_takes_no_longer_than_others(unit):
    text = (unit * 12_000)[:12_000]
    scrubbed = scrub(text)
    assert sum(one.end - one.start for one in scrubbed.replaced) <= len(text)


def test_a_name_is_taken_where_the_text_tells_of_a_person_anyway():
    assert scrub("then Odile Brassard went home").text == "then Odile Brassard went home"
    assert scrub("then Odile Brassard went home. Mine is +44 7700 900123").text == "then [NAME] went home. Mine is [PHONE]"


def test_signatures_are_told_by_their_lines():
    assert (
        scrub("I want it back.\n\nKind regards,\nOdile Brassard\nNobody in particular").text == "I want it back.\n\nKind regards,\n[NAME]\nNobody in particular"
    )
    assert scrub("His card says\n\nODILE BRASSARD\nLife and Health\n+44 7700 900123").text == "His card says\n\n[NAME]\nLife and Health\n[PHONE]"
    assert scrub("How do I budget?\nOdile Brassard").text == "How do I budget?\n[NAME]"
