"""The template in German."""

from __future__ import annotations

from collect_xl.template.words import SummaryWords, Words

WORDS = Words(
    start_sheet="Hier beginnen",
    contacts_sheet="Kontakte",
    options_sheet="Optionen",
    summary_sheet="Übersicht",
    headers={
        "contactId": "Kontakt-ID",
        "email": "E-Mail-Adresse",
        "firstName": "Vorname",
        "lastName": "Nachname",
        "company": "Firma",
        "tags": "Schlagwörter",
        "skip": "Überspringen",
        "campaignId": "Kampagne",
        "round": "Runde",
        "items": "Elemente",
        "samples": "Muster",
        "dueDate": "Fällig am",
        "assignedTo": "Zugewiesen an",
        "sendMessage": "Nachricht senden",
        "sendCompletionMessage": "Abschlussnachricht senden",
        "sendRejectionMessage": "Ablehnungsnachricht senden",
        "sendReopenMessage": "Wiedereröffnungsnachricht senden",
        "dateOrder": "Datumsreihenfolge",
    },
    option_heads=("Option", "Wert", "Hilfe"),
    help={
        "campaignId": "Worum gebeten wird: Name oder ID der Kampagne. collect-xl lists füllt die Auswahlliste.",
        "round": "Beliebiger Text. Jeder wird je Kampagne und Runde einmal gefragt. Nochmals fragen: neue Runde.",
        "items": "Die gewünschten Unterlagen, getrennt durch ; (Namen oder IDs). Leer: alles in der Kampagne.",
        "samples": "Musterdateien, eine je Zeile: Element -> https://...",
        "dueDate": "Bis wann: 23:59 Uhr an diesem Tag, in der Zeitzone Ihres Teams. Leer: wie in der Kampagne.",
        "assignedTo": "Wer sich darum kümmert: die E-Mail-Adresse eines Mitglieds Ihres Teams.",
        "sendMessage": "Schreibt Collect den Leuten? Leer: ja, wie in der Kampagne.",
        "sendCompletionMessage": "Schreibt Collect, wenn alles da ist? Leer: wie in der Kampagne.",
        "sendRejectionMessage": "Schreibt Collect, wenn etwas abgelehnt wurde? Leer: wie in der Kampagne.",
        "sendReopenMessage": "Schreibt Collect, wenn eine Anfrage wieder geöffnet wird? Leer: wie in der Kampagne.",
        "dateOrder": "Wie 03/04/2026 gemeint ist, wenn ein Datum als Text dasteht: DMY (Tag zuerst), MDY oder YMD.",
    },
    prompts={
        "contactId": "Die ID, unter der Collect einen Kontakt schon kennt. Leer lassen bei neuen Kontakten.",
        "tags": "Mehrere Schlagwörter trennt man mit ; etwa Bestand; 2026. Ein Komma trennt nicht.",
        "assignedTo": "Die E-Mail-Adresse eines Mitglieds Ihres Teams. Leer: wie im Blatt Optionen.",
        "skip": "Ein Ja, oder jedes andere Wort außer Nein: Diese Zeile wird nicht gesendet.",
        "items": "Namen oder IDs, getrennt durch ; Leer: alles in der Kampagne.",
        "samples": "Eine pro Zeile: Element -> https://... (Alt+Eingabe beginnt eine neue Zeile).",
    },
    yes="ja",
    no="nein",
    title="Unterlagen von Ihren Kunden anfordern, aus dieser Mappe",
    what=(
        "Sie nennen die Personen und was gebraucht wird. collect-xl fragt jede einmal, über Collect, und schreibt "
        "neben jede Person, was daraus wurde. Geben Sie die Mappe ruhig weiter: Sie enthält keinen Schlüssel und kein "
        "Passwort."
    ),
    steps_title="Fünf Schritte",
    steps=(
        "Kontakte: eine Person je Zeile. Die E-Mail-Adresse genügt; die anderen Spalten dürfen leer bleiben.",
        "Optionen: die Kampagne wählen. Alles andere darf leer bleiben.",
        "Prüfen (Check): findet, was nicht stimmt, Zelle für Zelle. Nichts wird gesendet.",
        "Senden (Send): zeigt, was gesendet wird, und wartet auf Ihr Ja. Niemand wird zweimal gefragt.",
        "Aktualisieren (Refresh), wann Sie wollen: Der Stand kommt in die Kontakte, die Übersicht zählt ihn.",
    ),
    ribbon_title="Wo Sie klicken",
    ribbon=(
        "In Excel: die Registerkarte Collect im Menüband, sobald das Add-in installiert ist (collect-xl addin "
        "install). Ohne Excel oder bei geschlossener Mappe: collect-xl check, collect-xl send und collect-xl refresh, "
        "jeweils mit dem Namen der Mappe, in einem Terminal."
    ),
    example_title="So sieht eine Liste aus",
    example=(
        "Diese drei sind nur ein Beispiel; von diesem Blatt wird nie etwas gesendet. Sie dürfen den Kontakten Spalten "
        "hinzufügen: Kampagne, Runde, Elemente oder jede andere Option für einzelne Zeilen, und Custom: VARIABLE für "
        "ein eigenes Feld. Ein Ja unter Überspringen: Diese Zeile wird nicht gesendet."
    ),
    statuses_title="Was die Spalte Collect status sagt",
    statuses={
        "pending": "Angefragt; es ist noch nicht alles da.",
        "waiting": "Der Kunde hat alles eingereicht. Jetzt muss Ihr Team es ansehen.",
        "completed": "Alles ist da.",
        "due": "Angefragt, und die Frist ist vorbei.",
        "error": "Nicht zustellbar. Kontakt in Collect berichtigen, oder abbrechen (cancel) und neu senden.",
        "invalid": "Nicht gesendet: Etwas stimmt nicht. Collect message sagt, was. Berichtigen, nochmals senden.",
        "duplicate": "Nicht gesendet: Dieselbe Person steht in einer anderen Zeile.",
        "refused": "Von Collect abgelehnt; nichts wurde gesendet. Collect message lesen, berichtigen, senden.",
        "unknown": "Gesendet, aber die Antwort ging verloren. Nachsehen (lookup). Nie von selbst nochmals gesendet.",
        "skipped": "Diesmal nicht gesendet. Collect message sagt, warum. Meist: nochmals senden.",
        "cancelled": "Die Anfrage wurde zurückgenommen.",
    },
    choose="Bitte aus der Liste wählen: {choices}. Oder die Zelle leer lassen.",
    day="Bitte ein Datum in der Zukunft eingeben, etwa 31.12.2030, oder die Zelle leer lassen.",
    round="Eine Runde ist Text: Zelle als Text formatieren und neu eingeben.",
    summary=SummaryWords(
        as_of="Stand: letztes Senden oder Aktualisieren",
        nothing_yet="noch nichts gesendet",
        needs_you="Wartet auf Sie",
        pending="Wartet auf den Kunden",
        with_client="Beim Kunden",
        closed="Abgeschlossen",
        not_yet="Nicht gesendet",
        not_sent="noch ohne Status",
        due_soon="Offene Anfragen nach Tag der Fälligkeit",
        contacts="Kontakte",
        sent="Gesendet",
        completed="Erledigt",
        due_within="In 7 Tagen fällig",
        rate="Erledigungsquote",
        still_open="Noch offen",
        other="andere Wörter",
        how=(
            "Gezählt im Blatt Kontakte. Die 7 Tage beginnen am Tag des letzten Sendens oder Aktualisierens, denn kein "
            "Status ist neuer. Collect message sagt zu jeder Zeile, die auf Sie wartet, was zu tun ist."
        ),
    ),
)
