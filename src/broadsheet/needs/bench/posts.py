"""Posts to plant evidence in: the public sets, and made-up ones in many languages and writings."""

import csv
import json
from pathlib import Path

# Made up for this file, each with something that a careless comparison of texts trips over.
INVENTED = (
    "I can’t pay the rent this month 😭 — my landlord says “pay or leave” and I owe $1,450.50 already",
    "Got laid off on 03/12, severance is 6 weeks… after that it’s the food bank 🥫🥫 for me and my two kids",
    "我付不起这个月的房租，房东说星期五之前必须搬走，我该怎么办？存款只剩下５００元。",
    "家賃が払えません。貯金は３万円しかなくて、来月の生活が心配です。どこに相談すればいいですか？",
    "월세를 두 달째 못 내고 있어요. 카드 빚이 1,200만 원인데 이자가 너무 높아서 잠을 못 자요.",
    "Je n’arrive plus à payer mon loyer : 850 € par mois, c’est trop pour moi toute seule avec deux enfants.",
    "Ich möchte bis 2031 schuldenfrei sein – zurzeit zahle ich 4,9 % Zinsen auf 12.500 € und schaffe es nicht schneller.",
    "Quiero ahorrar para la universidad de mi hija, pero después de la hipoteca no queda casi nada a fin de mes.",
    "Somebody 👩🏽‍💻 hacked my account and moved $2,300 out of it; the bank won’t refund me, and I never shared my PIN!!!",
    "We’re saving 15% for a first home 🏡 in Leeds, but prices rose £20k in a year\n\nshould we wait or buy now, honestly?",
    "My 401(k) is at -12.5% this year and I’m 58… do I move to bonds, or hold on until 65 and hope for the best?",
    "Мне нужно закрыть кредит до конца года, но зарплату задерживают уже второй месяц, и я не знаю, что делать дальше.",
    "ฉันไม่มีเงินจ่ายค่าเช่าเดือนนี้ และเจ้าของบ้านบอกให้ย้ายออกภายในวันศุกร์",
    "मेरी तनख्वाह दो महीने से नहीं आई है और मुझे बच्चों की फीस भरनी है, क्या करूँ?",
    "لا أستطيع دفع الإيجار هذا الشهر وصاحب البيت يريد المال قبل يوم الجمعة",
    "My parents 👨‍👩‍👧 aren’t worried about retirement, they paid off the house in 2009; I’m the one with €40.000 of student debt 🇩🇪",
)


def posts_of(folder: Path | None = None) -> dict[str, str]:
    """Return the made-up posts and, of a folder that holds them, those of banking77, the CFPB narratives and NLU++, by an id of their own."""
    posts = {f"invented-{number}": text for number, text in enumerate(INVENTED)}
    if folder is None:
        return posts
    with (folder / "banking77" / "train.csv").open(encoding="utf-8", newline="") as file:
        posts |= {f"banking77-{number}": row["text"] for number, row in enumerate(csv.DictReader(file))}
    with (folder / "cfpb_narratives_14llm.csv").open(encoding="utf-8", newline="") as file:
        posts |= {f"cfpb-{row['id']}": row["narrative"] for row in csv.DictReader(file)}
    for path in sorted((folder / "nlupp_banking").glob("fold*.json")):
        posts |= {f"nlupp-{path.stem}-{number}": row["text"] for number, row in enumerate(json.loads(path.read_text(encoding="utf-8")))}
    return posts
