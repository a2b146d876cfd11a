"""The template in French."""

from __future__ import annotations

from collect_xl.template.words import SummaryWords, Words

WORDS = Words(
    start_sheet="Commencer ici",
    contacts_sheet="Contacts",
    options_sheet="Options",
    summary_sheet="Résumé",
    headers={
        "contactId": "Identifiant du contact",
        "email": "Adresse e-mail",
        "firstName": "Prénom",
        "lastName": "Nom",
        "company": "Société",
        "tags": "Étiquettes",
        "skip": "Ne pas contacter",
        "campaignId": "Campagne",
        "round": "Vague",
        "items": "Éléments",
        "samples": "Exemples",
        "dueDate": "Échéance",
        "assignedTo": "Assigné à",
        "sendMessage": "Envoyer le message",
        "sendCompletionMessage": "Envoyer le message de fin",
        "sendRejectionMessage": "Envoyer le message de refus",
        "sendReopenMessage": "Envoyer le message de réouverture",
        "dateOrder": "Ordre de la date",
    },
    option_heads=("Option", "Valeur", "Aide"),
    help={
        "campaignId": "Ce qui est demandé : nom ou identifiant de la campagne. collect-xl lists remplit la liste.",
        "round": "Texte libre. Chacun est sollicité une fois par campagne et par vague. Recommencer : une autre vague.",
        "items": "Les documents à demander, séparés par ; (noms ou identifiants). Vide : toute la campagne.",
        "samples": "Fichiers d'exemple, un par ligne : élément -> https://...",
        "dueDate": "Jusqu'à quand : 23 h 59 ce jour-là, dans le fuseau de votre équipe. Vide : selon la campagne.",
        "assignedTo": "Qui suit les demandes : l'adresse e-mail d'un membre de votre équipe.",
        "sendMessage": "Collect écrit-il aux personnes ? Vide : oui, selon la campagne.",
        "sendCompletionMessage": "Collect écrit-il quand tout est arrivé ? Vide : selon la campagne.",
        "sendRejectionMessage": "Collect écrit-il quand un document est refusé ? Vide : selon la campagne.",
        "sendReopenMessage": "Collect écrit-il quand une demande est rouverte ? Vide : selon la campagne.",
        "dateOrder": "Le sens de 03/04/2026 quand une date est tapée comme texte : DMY (jour d'abord), MDY ou YMD.",
    },
    prompts={
        "contactId": "L'identifiant que Collect donne à un contact connu. Vide pour un nouveau contact.",
        "tags": "Plusieurs étiquettes sont séparées par ; par exemple détail; 2026. La virgule ne sépare pas.",
        "assignedTo": "L'adresse e-mail d'un membre de votre équipe. Vide : selon la feuille Options.",
        "skip": "Un oui, ou tout autre mot que non : cette ligne n'est pas envoyée.",
        "items": "Noms ou identifiants, séparés par ; Vide : toute la campagne.",
        "samples": "Un par ligne : élément -> https://... (Alt+Entrée commence une nouvelle ligne).",
    },
    yes="oui",
    no="non",
    title="Demander des documents à vos clients, depuis ce classeur",
    what=(
        "Vous indiquez les personnes et ce qu'il faut. collect-xl sollicite chacune une seule fois, par Collect, et "
        "écrit à côté de chaque personne où elle en est. Transmettez le classeur librement : il ne contient ni clé ni "
        "mot de passe."
    ),
    steps_title="Cinq étapes",
    steps=(
        "Contacts : une personne par ligne. L'adresse e-mail suffit ; les autres colonnes peuvent rester vides.",
        "Options : choisissez la campagne. Tout le reste peut rester vide.",
        "Vérifier (Check) : trouve les erreurs, cellule par cellule. Rien n'est envoyé.",
        "Envoyer (Send) : montre ce qui va partir et attend votre accord. Personne n'est sollicité deux fois.",
        "Actualiser (Refresh), à tout moment : l'état revient dans Contacts, et Résumé le compte.",
    ),
    ribbon_title="Où cliquer",
    ribbon=(
        "Dans Excel : l'onglet Collect du ruban, une fois le complément installé (collect-xl addin install). Sans "
        "Excel, ou classeur fermé : collect-xl check, collect-xl send et collect-xl refresh, suivis du nom du "
        "classeur, dans un terminal."
    ),
    example_title="À quoi ressemble une liste",
    example=(
        "Ces trois lignes ne sont qu'un exemple ; rien de cette feuille n'est jamais envoyé. Vous pouvez ajouter des "
        "colonnes à Contacts : Campagne, Vague, Éléments ou toute autre option pour certaines lignes, et Custom: "
        "VARIABLE pour un champ personnalisé. Un oui sous Ne pas contacter : cette ligne n'est pas envoyée."
    ),
    statuses_title="Ce que dit la colonne Collect status",
    statuses={
        "pending": "Demande envoyée ; tout n'est pas encore arrivé.",
        "waiting": "Le client a tout fourni. À votre équipe de valider.",
        "completed": "Tout est là.",
        "due": "Demande envoyée, échéance dépassée.",
        "error": "Collect n'a pas pu la remettre. Corrigez le contact dans Collect, ou annulez (cancel) et renvoyez.",
        "invalid": "Pas envoyée : la ligne contient une erreur. Collect message dit laquelle. Corrigez, renvoyez.",
        "duplicate": "Pas envoyée : la même personne figure sur une autre ligne.",
        "refused": "Refusée par Collect ; rien n'est parti. Lisez Collect message, corrigez, renvoyez.",
        "unknown": "Envoyée, mais la réponse s'est perdue. À rechercher (lookup). Jamais renvoyée d'elle-même.",
        "skipped": "Pas envoyée cette fois. Collect message dit pourquoi. En général : renvoyez.",
        "cancelled": "La demande a été annulée.",
    },
    choose="Choisissez dans la liste : {choices}. Ou laissez la cellule vide.",
    day="Tapez une date à venir, par exemple 31/12/2030, ou laissez la cellule vide.",
    round="Une vague est un texte : mettez la cellule au format Texte et retapez-la.",
    summary=SummaryWords(
        as_of="Au dernier envoi ou à la dernière actualisation",
        nothing_yet="rien n'est envoyé",
        needs_you="À traiter par vous",
        pending="En attente du client",
        with_client="Chez le client",
        closed="Clos",
        not_yet="Non envoyées",
        not_sent="encore sans état",
        due_soon="Demandes ouvertes à échéance, jour par jour",
        contacts="Contacts",
        sent="Envoyées",
        completed="Terminées",
        due_within="À échéance sous 7 jours",
        rate="Taux d'achèvement",
        still_open="Encore ouvertes",
        other="autres états",
        how=(
            "Compté dans la feuille Contacts. Les 7 jours commencent le jour du dernier envoi ou de la dernière "
            "actualisation, car aucun état n'est plus récent. Collect message dit quoi faire de chaque ligne à traiter."
        ),
    ),
)
