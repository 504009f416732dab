#!/usr/bin/env python3
"""Counts the indicators again, slowly and independently, over the JSON that `tiwizi export` writes.

    recount.py FOLDER [FROM [TO [PROGRAMME [TERRITORY]]]]

It shares no code with the engine: what it knows of the definitions is what docs/indicateurs.md says. It prints one JSON object:
the figures by their keys, and each table as {key: [columns]} without empty lines. Python's standard library is enough.
"""

import datetime
import glob
import json
import sys
import uuid

OUTCOMES = ("granted", "refused", "deferred")
RUNNING = ("agreed", "running", "interim_report", "final_report")
ATTENDED = ("present", "partial", "remote")
ORDER = ("present", "partial", "remote", "excused", "absent")


def read(folder, kind):
    documents = {}
    for path in glob.glob(f"{folder}/{kind}/*.json"):
        with open(path, encoding="utf-8") as file:
            exported = json.load(file)
        documents[exported["document"]] = exported["content"]
    return documents


def document_id(value):
    return str(uuid.UUID(bytes=bytes(value)))


def row_id(value):
    return value if isinstance(value, str) else bytes(value).hex()


def text(content, field):
    value = content.get(field)
    return value if isinstance(value, str) else ""


def number(content, field):
    value = content.get(field)
    return value if isinstance(value, int) else 0


def family(content, name):
    return {key.split("/", 1)[1]: value for key, value in content.items() if key.startswith(name + "/")}


def is_day(value):
    try:
        return datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def day_of(at_ms):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=at_ms // 86_400_000)).isoformat()


def minutes_between(slot):
    try:
        (h, m), (to_h, to_m) = (map(int, text(slot, field).split(":")) for field in ("starts", "ends"))
    except ValueError:
        return 0
    return max(0, to_h * 60 + to_m - h * 60 - m)


def place_of(code):
    """'MA.09.541', 'FR.13', or nothing, of an HCP or INSEE code."""
    parts = code.split(".")
    if len(parts) > 1 and len(parts[0]) == 2 and len(parts[1]) == 3:
        return f"MA.{parts[0]}.{parts[1]}"
    if len(parts) == 1 and len(code) == 2 and code.isdigit():
        return f"MA.{code}"
    if len(parts) == 1 and len(code) == 5 and code.isalnum():
        return "FR." + code[: 3 if code.startswith("97") else 2]
    return ""


def place_of_postcode(code):
    if len(code) != 5 or not code.isdigit():
        return ""
    if code[:3] in ("200", "201"):
        return "FR.2A"
    if code[:3] in ("202", "206"):
        return "FR.2B"
    return "FR." + (code[:3] if code.startswith("97") else code[:2])


def departement(places):
    place = next((place for place in places if place), "")
    return place[3:] if place.startswith("FR.") else "MA" if place else ""


def origin(association):
    said = text(association, "origin").replace(";", ",").split(",")
    places = {place_of(code.strip()) for code in said}
    provinces = {place[3:] for place in places if place.startswith("MA.")}
    if not provinces:
        place = place_of(text(association, "commune_code"))
        provinces = {place[3:]} if place.startswith("MA.") else set()
    return "" if not provinces else provinces.pop() if len(provinces) == 1 else "several"


def main(folder, since="", until="", programme="", territory=""):
    people, associations = read(folder, "person"), read(folder, "association")
    events, dossiers, calls = read(folder, "event"), read(folder, "dossier"), read(folder, "call")

    def within(day):
        if not since and not until:
            return True
        return is_day(day) and (not since or since <= day) and (not until or day <= until)

    def dated(day):
        return is_day(day) and within(day)

    def lies(*places):
        place = next((place for place in places if place), "")
        return not territory or place == territory or place.startswith(territory + ".")

    def end_of(one, documents, link):
        """Who stands for a record: the end of its links, or the first of a ring."""
        way = [one]
        while True:
            following = text(documents.get(way[-1], {}), link)
            if following in way:
                return min(way[way.index(following) :])
            if following not in documents:
                return way[-1]
            way.append(following)

    def stands(person):
        return end_of(person, people, "same_as")

    def association_stands(association):
        return end_of(association, associations, "same_association")

    def association_of(person):
        named = text(people.get(person, {}), "association")
        return association_stands(named) if named in associations else None

    def seat(association):
        content = associations.get(association, {})
        return [place_of(text(content, "commune_code")), place_of_postcode(text(content, "postcode"))]

    # Who was where: {(person, event, slot): [marks]}
    seen, began, slots_of, counted_events, unnamed, opinions = {}, {}, {}, set(), [], []
    for event, content in events.items():
        slots = content.get("slots", {})
        slots_of[event] = slots
        days = [text(slot, "day") for slot in slots.values() if is_day(text(slot, "day"))]
        began[event] = min(days) if days else None
        if (not programme or text(content, "project_code").strip() == programme) and lies(
            place_of(text(content, "commune_code")), place_of(text(content, "commune"))
        ):
            counted_events.add(event)
        withdrawn = {row_id(one["mark"]) for one in content.get("withdrawals", {}).values()}
        for mark_id, mark in content.get("marks", {}).items():
            slot = row_id(mark["slot"])
            if mark_id not in withdrawn and slot in slots:
                seen.setdefault((stands(document_id(mark["person"])), event, slot), []).append(mark)
        for key, count in family(content, "headcount").items():
            slot, sex, age_band = key.split("/")
            if slot in slots and count and event in counted_events and within(text(slots[slot], "day")):
                unnamed.append((event, sex, age_band, count))
        for row in family(content, "opinion").values():
            if event in counted_events and within(text(row, "day")):
                opinions.append(row)

    def attended(marks):
        return min((mark["status"] for mark in marks), key=ORDER.index) in ATTENDED

    everywhere = [place for place, marks in seen.items() if attended(marks)]
    came = [
        (person, event, slot)
        for person, event, slot in everywhere
        if event in counted_events and within(text(slots_of[event][slot], "day"))
    ]

    def first(places, who):
        days = [began[event] for person, event, _ in places if who(person) and began[event]]
        return min(days) if days else None

    def is_known(who):
        ever, here = first(everywhere, who), first(came, who)
        return here is not None and ever is not None and ever < here

    persons = sorted({person for person, _, _ in came})
    known = {person: is_known(lambda other: other == person) for person in persons}
    reached = sorted({association_of(person) for person in persons} - {None})
    known_associations = {one: is_known(lambda person: association_of(person) == one) for one in reached}

    supported_minutes = 0
    for person, event, slot in came:
        if text(events[event], "event_kind") != "group_support":
            continue
        marks, whole = seen[person, event, slot], minutes_between(slots_of[event][slot])
        statuses = {mark["status"] for mark in marks}
        said = [mark["minutes"] for mark in marks if mark["status"] == "partial" and isinstance(mark.get("minutes"), int)]
        supported_minutes += min(whole, max(said)) if "present" not in statuses and "partial" in statuses and said else whole

    # Dossiers.
    chosen = {}
    for dossier, content in dossiers.items():
        call = calls.get(text(content, "call"), {})
        if (not programme or text(call, "programme").strip() == programme) and lies(place_of(text(content, "territory"))):
            chosen[dossier] = content
    individual = collective = 0
    supported = set()
    logs = [(dossier, content) for dossier, content in chosen.items()]
    if not programme:
        logs += [(one, content) for one, content in associations.items() if lies(*seat(one))]
    for document, content in logs:
        for row in family(content, "support").values():
            if row.get("state") != "removed" and within(text(row, "day")):
                supported.add(document)
                if text(row, "support_kind") == "collective":
                    collective += number(row, "minutes")
                else:
                    individual += number(row, "minutes")

    figures = dict.fromkeys(("dossiers", "dossiers_visaed", "dossiers_filed", "asked_cents", "dossiers_granted"), 0)
    figures |= dict.fromkeys(("granted_cents", "dossiers_refused"), 0)
    stages = {}
    for dossier, content in chosen.items():
        moves = sorted((move["at_ms"], key, text(move, "to")) for key, move in family(content, "move").items())
        stage = text(content, "stage")
        decisions = [(at_ms, to) for at_ms, _, to in moves if to in OUTCOMES or to == "instruction"]
        if decisions:
            at_ms, to = decisions[-1]
            outcome, moved = (to, day_of(at_ms)) if to in OUTCOMES else ("", "")
        else:
            granted = stage in RUNNING or stage == "closed" and number(content, "granted_cents") > 0
            outcome, moved = "granted" if granted else stage if stage in OUTCOMES else "", ""
        decided = text(content, "decision_day") or moved
        filed = text(content, "filed_day")
        visas = [v["at_ms"] for v in family(content, "visa").values() if v.get("verdict") == "approved"]
        visaed = day_of(min(visas)) if visas else ""
        asked, given = number(content, "grant_cents"), number(content, "granted_cents")
        if (
            not (since or until)
            or dossier in supported
            or dated(filed)
            or dated(decided)
            or any(within(day_of(at_ms)) for at_ms, _, _ in moves)
        ):
            figures["dossiers"] += 1
        figures["dossiers_visaed"] += dated(visaed)
        if dated(filed):
            figures["dossiers_filed"] += 1
            figures["asked_cents"] += asked
        if within(decided) and outcome == "granted":
            figures["dossiers_granted"] += 1
            figures["granted_cents"] += given
        figures["dossiers_refused"] += within(decided) and outcome == "refused"
        stood = [to for at_ms, _, to in moves if day_of(at_ms) <= until] if moves and until else [stage]
        if stood:
            add = stages.setdefault(stood[-1], [0, 0, 0])
            for n, value in enumerate((1, asked, given)):
                add[n] += value
    judged = figures["dossiers_granted"] + figures["dossiers_refused"]
    answers = [text(row, field) for row in opinions for field in ("useful", "clear", "again") if text(row, field)]

    figures |= {
        "events": len({event for _, event, _ in came} | {event for event, *_ in unnamed}),
        "participations": len(came),
        "people": len(persons),
        "people_new": sum(not known[person] for person in persons),
        "unnamed": sum(count for *_, count in unnamed),
        "associations": len(reached),
        "associations_new": sum(not known_associations[one] for one in reached),
        "support_attended": supported_minutes,
        "support_individual": individual,
        "support_collective": collective,
        "success_rate": figures["dossiers_granted"] * 10_000 // judged if judged else None,
        "opinions": len(opinions),
        "satisfaction": answers.count("good") * 10_000 // len(answers) if answers else None,
    }

    # Who leads, on the last day: {association: {person}}, of those that were joined together.
    leads = {}
    for association, content in associations.items():
        for row in family(content, "bureau").values():
            begins, ends = text(row, "from_day"), text(row, "until_day")
            if until:
                leads_then = (not is_day(begins) or begins <= until) and (not is_day(ends) or until <= ends)
            else:
                leads_then = not is_day(ends)
            if row.get("state") != "removed" and text(row, "function") != "honorary" and text(row, "person") and leads_then:
                leads.setdefault(association_stands(association), set()).add(stands(text(row, "person")))

    def led(association, field, yes, unknown):
        said = [text(people.get(person, {}), field) for person in leads.get(association, ())]
        sure, open_ = sum(one in yes for one in said), sum(one in unknown for one in said)
        if said and sure > len(said) - sure:
            return "yes"
        return "no" if said and sure + open_ <= len(said) - sure - open_ else ""

    by_women = {one: led(one, "sex", ("f",), ("", "unspecified")) for one in reached}
    by_youth = {one: led(one, "age_band", ("under_18", "18_30"), ("",)) for one in reached}

    def share_led(said):
        told = [one for one in said.values() if one]
        return told.count("yes") * 10_000 // len(told) if told else None

    figures |= {"led_by_women": share_led(by_women), "led_by_youth": share_led(by_youth)}

    def table(cells):
        sums = {}
        for key, *values in cells:
            add = sums.setdefault("" if key == "unspecified" else key, [0] * len(values))
            for n, value in enumerate(values):
                add[n] += value
        return sums

    times = {person: sum(one == person for one, _, _ in came) for person in persons}

    def by(key):
        return table((key(person), 1, times[person]) for person in persons)

    months = {}
    for person, event, slot in came:
        months.setdefault(text(slots_of[event][slot], "day")[:7], []).append(person)
    of_person = lambda field: lambda person: text(people.get(person, {}), field)
    tables = {
        "month": {month: [len(set(of)), len(of)] for month, of in months.items()},
        "novelty": by(lambda person: "returning" if known[person] else "new"),
        "sex": by(of_person("sex")),
        "age_band": by(of_person("age_band")),
        "departement": by(
            lambda person: departement(
                [place_of(of_person("commune_code")(person)), *seat(association_of(person))]
            )
        ),
        "origin": by(lambda person: origin(associations.get(association_of(person), {}))),
        "unnamed_sex": table((sex, count) for _, sex, _, count in unnamed),
        "unnamed_age_band": table((band, count) for _, _, band, count in unnamed),
        "association_origin": table((origin(associations[one]), 1, not known_associations[one]) for one in reached),
        "association_departement": table((departement(seat(one)), 1, not known_associations[one]) for one in reached),
        "led_by_women": table((by_women[one], 1, not known_associations[one]) for one in reached),
        "led_by_youth": table((by_youth[one], 1, not known_associations[one]) for one in reached),
        "stage": stages,
    } | {field: table((text(row, field), 1) for row in opinions) for field in ("useful", "clear", "again")}
    json.dump({"figures": figures, "tables": {by: rows for by, rows in tables.items() if rows}}, sys.stdout, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
