"""Changes that break delivery, and the tests that should notice."""

from mutant_list import Mutant

OUTBOX, SMTP = "tests/unit/test_deliver_outbox.py::test_", "tests/stage/test_deliver_smtp.py::test_"
MAIL, FEEDS = "tests/unit/test_deliver_mail.py::test_", "tests/unit/test_deliver_feeds.py::test_"
WATCH = "tests/unit/test_report_watch.py::test_"
DELIVERY = [
    Mutant(
        "outbox: what a dead process was sending is sent again",
        "report/deliver/outbox.py",
        "self._change(_of(reader, State.SENDING), state=State.UNKNOWN, reason=_DIED)",
        "self._change(_of(reader, State.SENDING), state=State.QUEUED, reason=_DIED)",
        OUTBOX + "what_a_dead_process_was_sending_is_unknown_and_what_it_only_claimed_is_not",
    ),
    Mutant(
        "outbox: a row is not marked before DATA",
        "report/deliver/smtp.py",
        "            mark()\n",
        "            pass\n",
        SMTP + "kill_at_every_step_and_ten_times_again_is_at_most_one_letter",
    ),
    Mutant(
        "mail: a line lost after DATA is tried again",
        "report/deliver/smtp.py",
        'return Outcome(State.UNKNOWN, f"the line to',
        'return Outcome(State.QUEUED, f"the line to',
        SMTP + "each_way_a_letter_can_fail_is_told_apart",
    ),
    Mutant(
        "mail: a line that ended holds up the next letter",
        "report/deliver/smtp.py",
        "if failed is not None and is_used and self._line is None:",
        "if False:",
        SMTP + "a_server_that_takes_one_letter_a_line_gets_all_of_them",
    ),
    Mutant(
        "watch: a letter that is refused for good holds up all later labels",
        "report/watch.py",
        "if isinstance(fault, DeliveryError) and fault.is_final:",
        "if False:",
        WATCH + "a_letter_that_is_refused_for_good_ends_its_label_and_is_told",
    ),
    Mutant(
        "watch: the first label due is not kept",
        "report/watch.py",
        "            self._kept.begin(first, self._clock.now())",
        "            pass",
        WATCH + "the_first_label_due_is_not_lost_when_the_next_is_announced_or_the_watch_starts_anew",
    ),
    Mutant(
        "mail: a server without TLS gets the letter",
        "report/deliver/smtp.py",
        'if not line.has_extn("starttls"):',
        "if False:",
        SMTP + "a_server_without_tls_is_refused_and_gets_no_password",
    ),
    Mutant(
        "mail: a certificate of another name will do",
        "report/deliver/smtp.py",
        "    context.minimum_version = ssl.TLSVersion.TLSv1_2\n",
        "    context.check_hostname = False\n",
        SMTP + "a_certificate_of_another_name_or_of_nobody_known_is_refused",
    ),
    Mutant(
        "mail: a title may begin a header",
        "report/deliver/mail.py",
        "    return one_line(said + (FICTIONAL",
        "    return (said.replace(title, picks[0].item.title) + (FICTIONAL",
        MAIL + "a_line_break_in_a_title_or_a_name_stays_in_its_header",
    ),
    Mutant(
        "page: tells whom it is mailed to",
        "report/build.py",
        'else {"delivery", "compare"})',
        'else {"compare"})',
        MAIL + "what_a_profile_says_of_delivery",
    ),
    Mutant(
        "feeds: a run that is repeated adds its entries again",
        "report/deliver/feeds.py",
        "        yield from read_entries(content.decode())",
        "        yield from read_entries(content.decode()) * 2",
        FEEDS + "a_feed_has_each_paper_of_each_label_once_newest_first_whatever_is_sent_again",
    ),
]
