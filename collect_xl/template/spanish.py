"""The template in Spanish."""

from __future__ import annotations

from collect_xl.template.words import SummaryWords, Words

WORDS = Words(
    start_sheet="Empezar aquí",
    contacts_sheet="Contactos",
    options_sheet="Opciones",
    summary_sheet="Resumen",
    headers={
        "contactId": "ID de contacto",
        "email": "Correo electrónico",
        "firstName": "Nombre",
        "lastName": "Apellidos",
        "company": "Empresa",
        "tags": "Etiquetas",
        "skip": "Omitir",
        "campaignId": "Campaña",
        "round": "Ronda",
        "items": "Elementos",
        "samples": "Ejemplos",
        "dueDate": "Fecha límite",
        "assignedTo": "Asignado a",
        "sendMessage": "Enviar mensaje",
        "sendCompletionMessage": "Enviar mensaje de finalización",
        "sendRejectionMessage": "Enviar mensaje de rechazo",
        "sendReopenMessage": "Enviar mensaje de reapertura",
        "dateOrder": "Orden de la fecha",
    },
    option_heads=("Opción", "Valor", "Ayuda"),
    help={
        "campaignId": "Qué se pide: el nombre de la campaña o su ID. collect-xl lists llena la lista.",
        "round": "Cualquier texto. A cada persona se le pide una vez por campaña y ronda. Para repetir: otra ronda.",
        "items": "Los documentos que se piden, separados por ; (nombres o ID). Vacío: toda la campaña.",
        "samples": "Archivos de ejemplo, uno por línea: elemento -> https://...",
        "dueDate": "Hasta cuándo: las 23:59 de ese día, en la zona horaria de su equipo. Vacío: según la campaña.",
        "assignedTo": "Quién se ocupa: la dirección de correo de un miembro de su equipo.",
        "sendMessage": "¿Escribe Collect a las personas? Vacío: sí, según la campaña.",
        "sendCompletionMessage": "¿Escribe Collect cuando ha llegado todo? Vacío: según la campaña.",
        "sendRejectionMessage": "¿Escribe Collect cuando se rechaza algo? Vacío: según la campaña.",
        "sendReopenMessage": "¿Escribe Collect cuando se reabre una solicitud? Vacío: según la campaña.",
        "dateOrder": "Cómo se lee 03/04/2026 cuando una fecha es texto: DMY (primero el día), MDY o YMD.",
    },
    prompts={
        "contactId": "El identificador que Collect da a un contacto que ya conoce. Vacío para contactos nuevos.",
        "tags": "Varias etiquetas se separan con ; por ejemplo tienda; 2026. La coma no separa.",
        "assignedTo": "La dirección de correo de un miembro de su equipo. Vacío: según la hoja Opciones.",
        "skip": "Un sí, o cualquier palabra que no sea no: esta fila no se envía.",
        "items": "Nombres o identificadores, separados por ; Vacío: todo lo de la campaña.",
        "samples": "Uno por línea: elemento -> https://... (Alt+Intro empieza otra línea).",
    },
    yes="sí",
    no="no",
    title="Pida documentos a sus clientes, desde este libro",
    what=(
        "Usted indica las personas y lo que hace falta. collect-xl pide a cada una una sola vez, por Collect, y "
        "escribe junto a cada persona qué ha pasado. Puede pasar el libro a quien quiera: no contiene ninguna clave ni "
        "contraseña."
    ),
    steps_title="Cinco pasos",
    steps=(
        "Contactos: una persona por fila. Basta la dirección de correo; las demás columnas pueden quedar vacías.",
        "Opciones: elija la campaña. Todo lo demás puede quedar vacío.",
        "Comprobar (Check): encuentra los errores, celda por celda. No se envía nada.",
        "Enviar (Send): muestra lo que se enviará y espera su sí. A nadie se le pide dos veces.",
        "Actualizar (Refresh), cuando quiera: el estado vuelve a Contactos, y Resumen lo cuenta.",
    ),
    ribbon_title="Dónde hacer clic",
    ribbon=(
        "En Excel: la pestaña Collect de la cinta, una vez instalado el complemento (collect-xl addin install). Sin "
        "Excel, o con el libro cerrado: collect-xl check, collect-xl send y collect-xl refresh, cada uno con el nombre "
        "del libro, en un terminal."
    ),
    example_title="Cómo es una lista",
    example=(
        "Estas tres filas son solo un ejemplo; de esta hoja nunca se envía nada. Puede añadir columnas a Contactos: "
        "Campaña, Ronda, Elementos o cualquier otra opción para algunas filas, y Custom: VARIABLE para un campo "
        "personalizado. Un sí en Omitir: esa fila no se envía."
    ),
    statuses_title="Qué dice la columna Collect status",
    statuses={
        "pending": "Pedido; todavía no ha llegado todo.",
        "waiting": "El cliente lo ha hecho todo. Falta que su equipo lo revise.",
        "completed": "Está todo.",
        "due": "Pedido, y la fecha límite ha pasado.",
        "error": "Collect no pudo entregarlo. Corrija el contacto en Collect, o anúlelo (cancel) y envíe de nuevo.",
        "invalid": "No enviado: hay un error en la fila. Collect message dice cuál. Corrija, envíe de nuevo.",
        "duplicate": "No enviado: la misma persona está en otra fila.",
        "refused": "Collect lo rechazó; no se envió nada. Lea Collect message, corrija, envíe de nuevo.",
        "unknown": "Enviado, pero se perdió la respuesta. Búsquelo (lookup). Nunca se envía otra vez por sí solo.",
        "skipped": "No enviado esta vez. Collect message dice por qué. Normalmente: envíe de nuevo.",
        "cancelled": "La solicitud fue anulada.",
    },
    choose="Elija de la lista: {choices}. O deje la celda vacía.",
    day="Escriba una fecha futura, por ejemplo 31/12/2030, o deje la celda vacía.",
    round="Una ronda es texto: dé a la celda el formato Texto y escríbala de nuevo.",
    summary=SummaryWords(
        as_of="Al último envío o actualización",
        nothing_yet="aún no se envió nada",
        needs_you="Requiere su atención",
        pending="Pendiente del cliente",
        with_client="En manos del cliente",
        closed="Cerradas",
        not_yet="Sin enviar",
        not_sent="aún sin estado",
        due_soon="Solicitudes abiertas que vencen, día a día",
        contacts="Contactos",
        sent="Enviadas",
        completed="Completadas",
        due_within="Vencen en 7 días",
        rate="Tasa de finalización",
        still_open="Aún abiertas",
        other="otras palabras",
        how=(
            "Contado en la hoja Contactos. Los 7 días comienzan el día del último envío o actualización, pues ningún "
            "estado es más reciente. Collect message dice qué hacer con cada fila que requiere su atención."
        ),
    ),
)
