//! Spanish.

use super::Texts;

pub(super) const TEXTS: Texts = Texts {
    tag: "es",
    direction: "ltr",
    message_from: "Nuevo mensaje de {}",
    message: "Tienes un mensaje nuevo",
    marketplace: "La plataforma",
    about: "Sobre: {}",
    unread: "Mensajes sin leer: {}",
    photo: "Foto",
    voice: "Mensaje de voz",
    file: "Archivo",
    audio_call: "Llamada de voz",
    video_call: "Videollamada",
    missed: "perdida",
    reply: "Leer y responder",
    use_the_link: "Responde en la conversación: las respuestas a este correo no llegan a nadie.",
    unsubscribe: "No recibir más correos sobre mensajes sin leer",
    unsubscribe_ask: "¿No recibir más correos sobre mensajes sin leer?",
    unsubscribe_yes: "No recibir más",
    unsubscribed: "No recibirás más correos sobre mensajes sin leer. Puedes cambiarlo en los ajustes del chat.",
    unsubscribe_unknown: "Este enlace no está completo. Usa el del correo o los ajustes del chat.",
};
